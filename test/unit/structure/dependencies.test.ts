import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const lock = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8')) as { packages: Record<string, { version?: string; resolved?: string }> };

test('the abandoned `request` is not installed, by nobody', () => {
  expect(Object.keys(lock.packages).filter((path) => path.endsWith('node_modules/request'))).toEqual([]);
});

test('there is one Kubernetes client, the one that Node 20 can import', () => {
  const clients = Object.entries(lock.packages).filter(([path]) => path.endsWith('@kubernetes/client-node'));
  expect(clients.map(([, { version }]) => version)).toEqual(['1.4.0']);
});

test('the lock file names no registry', () => {
  expect(Object.values(lock.packages).flatMap(({ resolved }) => resolved ?? [])).toEqual([]);
});
