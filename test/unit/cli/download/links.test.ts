// The pages of a run's URLs: every file once, also where files come while they are read, and new URLs for expired ones.
import { describe, expect, test } from '@jest/globals';
import { Links } from '../../../../src/cli/download/links.js';
import type { Page } from '../../../../src/cli/download/pages.js';

const PAGE = 3;

/** An operator that has these files, in this order, and signs each page anew. */
function operator(files: string[], { beforePage = (): void => undefined }: { beforePage?: (nth: number) => void } = {}) {
  const asked: number[] = [];
  const ask = (offset: number): Promise<Page> => {
    asked.push(offset);
    beforePage(asked.length);
    return Promise.resolve({ runID: 'r', total: files.length, files: files.slice(offset, offset + PAGE).map((key) => ({ key, url: `${key}#${asked.length}`, size: 1, sha256: undefined })), manifests: [{ key: 'm', url: `m#${asked.length}` }], remark: undefined });
  };
  return { asked, ask };
}

async function keysOf(links: Links): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of links.files()) keys.push(key);
  return keys;
}

describe('pages', () => {
  test('are asked for one after the other, to the total', async () => {
    const { ask, asked } = operator(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(await keysOf(await Links.open(ask))).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(asked).toEqual([0, 3, 6]);
  });

  test('of a run without files are one', async () => {
    const { ask, asked } = operator([]);
    expect(await keysOf(await Links.open(ask))).toEqual([]);
    expect(asked).toEqual([0]);
  });

  test('that shift because a file came before them bring each file once, and the new one too', async () => {
    const files = ['a1', 'a2', 'b1', 'b2', 'b3'];
    const { ask } = operator(files, { beforePage: (nth) => { if (nth === 2) files.splice(2, 0, 'a3'); } });
    const keys = await keysOf(await Links.open(ask));
    expect([...keys].sort()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
  });

  test('of an operator that never comes to an end do come to one', async () => {
    const { ask, asked } = operator(['a']);
    const links = await Links.open(async (offset) => ({ ...(await ask(offset)), total: 1000 }));
    expect(await keysOf(links)).toEqual(['a']);
    expect(asked.length).toBeLessThan(10);
  });
});

describe('an expired URL', () => {
  test('is renewed with one question for all files of its page', async () => {
    const { ask, asked } = operator(['a', 'b', 'c', 'd']);
    const links = await Links.open(ask);
    await keysOf(links);
    const [a, b] = [links.url('a') ?? '', links.url('b') ?? ''];
    expect(await Promise.all([links.renew('a', a), links.renew('b', b)])).toEqual(['a#3', 'b#3']);
    expect(asked).toEqual([0, 3, 0]);
    // Somebody else has renewed it already.
    expect(await links.renew('c', 'c#1')).toBe('c#3');
    expect(asked).toHaveLength(3);
  });

  test('is found again where its file has moved to another page', async () => {
    const files = ['a', 'b', 'c', 'd'];
    const { ask } = operator(files);
    const links = await Links.open(ask);
    await keysOf(links);
    files.unshift('0');
    expect(await links.renew('c', links.url('c') ?? '')).toMatch(/^c#/);
  });

  test('of a file that is named no more has no successor', async () => {
    const files = ['a', 'b'];
    const { ask } = operator(files);
    const links = await Links.open(ask);
    files.pop();
    expect(await links.renew('b', links.url('b') ?? '')).toBeUndefined();
  });
});
