import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { StorageError } from '../../../src/storage/errors.js';
import type { assumeRole } from '../../../src/storage/sts/assume-role.js';
import type { TemporaryKeys } from '../../../src/storage/sts/keys.js';
import { credentialsFromWebIdentity, tokenFromFile } from '../../../src/storage/web-identity.js';

const HOUR = 3600_000;
const ROLE = { region: 'us-east-1', roleARN: 'arn:aws:iam:::role/r', sessionName: 'pktcap-run', durationSeconds: 3600, authorities: () => Promise.resolve(undefined) };

/** A token service that numbers its keys, and a clock that stands until it is moved. */
function scene({ lifeMs = HOUR }: { lifeMs?: number } = {}) {
  const world = { wallMs: Date.parse('2026-11-21T20:00:00Z'), monotonicMs: 0, tokens: [] as string[], down: false, lifeMs };
  const exchange: typeof assumeRole = (_, token) => {
    world.tokens.push(token);
    if (world.down) return Promise.reject(new StorageError({ reason: 'BucketUnreachable', message: 'the token service is away' }));
    const n = world.tokens.length;
    return Promise.resolve<TemporaryKeys>({ credentials: { accessKeyId: `AK${n}`, secretAccessKey: 's', sessionToken: 't' }, expirationMs: world.wallMs + world.lifeMs });
  };
  let tokens = 0;
  const read = credentialsFromWebIdentity({ ...ROLE, token: () => Promise.resolve(`token${++tokens}`) }, { exchange, now: () => world.wallMs, monotonic: () => world.monotonicMs });
  return { world, read, key: async () => (await read()).accessKeyId, pass: (ms: number) => (world.monotonicMs += ms) };
}

describe('keys made of a token', () => {
  test('are made once for all who ask at the same time, and kept', async () => {
    const { world, key } = scene();
    expect(await Promise.all([key(), key(), key()])).toEqual(['AK1', 'AK1', 'AK1']);
    expect(await key()).toBe('AK1');
    expect(world.tokens).toEqual(['token1']);
  });

  test('are renewed before they expire, with the token of that time', async () => {
    const { world, key, pass } = scene();
    await key();
    pass(0.7 * HOUR);
    expect(await key()).toBe('AK1');
    pass(0.06 * HOUR);
    expect(await key()).toBe('AK2');
    expect(world.tokens).toEqual(['token1', 'token2']);
  });

  test('are made anew once the store refuses them, and not where it refuses older ones', async () => {
    const { read } = scene();
    const first = await read();
    read.refused?.(first);
    const second = await read();
    expect([first.accessKeyId, second.accessKeyId]).toEqual(['AK1', 'AK2']);
    read.refused?.(first);
    expect(await read()).toBe(second);
  });

  test('last until they expire where the token service is away, which is asked again now and then', async () => {
    const { world, key, pass } = scene();
    await key();
    world.down = true;
    pass(0.8 * HOUR);
    expect([await key(), await key()]).toEqual(['AK1', 'AK1']);
    expect(world.tokens).toHaveLength(2);
    pass(16_000);
    expect(await key()).toBe('AK1');
    expect(world.tokens).toHaveLength(3);
    pass(0.2 * HOUR);
    await expect(key()).rejects.toThrow('the token service is away');
    world.down = false;
    expect(await key()).toBe('AK5');
  });

  test.each([
    ['have expired already by this clock', -HOUR, 40_000, 50_000],
    ['never expire', 1000 * HOUR, 0.74 * HOUR, 0.76 * HOUR],
  ])('that %s are neither made at every request nor kept for ever', async (_, lifeMs, keptMs, renewedMs) => {
    const { key, pass } = scene({ lifeMs });
    await key();
    pass(keptMs);
    expect(await key()).toBe('AK1');
    pass(renewedMs - keptMs);
    expect(await key()).toBe('AK2');
  });

  test('a wall clock that is set back prolongs nothing', async () => {
    const { world, key, pass } = scene();
    await key();
    world.wallMs -= 24 * HOUR;
    pass(0.8 * HOUR);
    expect(await key()).toBe('AK2');
  });
});

describe('the token of the pod', () => {
  test('is read anew from where the kubelet swapped it in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'token-'));
    try {
      for (const n of ['1', '2']) await writeFile(join(folder, n), `header.payload${n}.signature\n`);
      const read = tokenFromFile(join(folder, 'token'));
      for (const n of ['1', '2']) {
        await symlink(join(folder, n), join(folder, 'next'));
        await rename(join(folder, 'next'), join(folder, 'token'));
        expect(await read()).toBe(`header.payload${n}.signature`);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each([
    ['absent', undefined, 'ENOENT'],
    ['empty', '', 'no token of a service account'],
    ['a password', 'hunter22', 'no token of a service account'],
    ['a request of its own', 'a.b.c&Action=Other', 'no token of a service account'],
    ['without end', `${'a'.repeat(20_000)}.b.c`, 'no token of a service account'],
  ])('that is %s is not sent anywhere, and not shown', async (_, content, words) => {
    const folder = await mkdtemp(join(tmpdir(), 'token-'));
    try {
      if (content !== undefined) await writeFile(join(folder, 'token'), content);
      const attempt = tokenFromFile(join(folder, 'token'))();
      await expect(attempt).rejects.toMatchObject({ name: 'StorageError', reason: 'AccessDenied', message: expect.stringContaining(words) });
      if (content) await expect(attempt).rejects.not.toMatchObject({ message: expect.stringContaining(content.slice(0, 20)) });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
