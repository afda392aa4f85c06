// docs/capture-pods.md says of each capability what it is for: of those that capture containers get, and of no other.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CAPABILITIES } from '../../../src/plan/privileges.js';

const page = readFileSync(new URL('../../../docs/capture-pods.md', import.meta.url), 'utf8');

test('the page lists the capabilities that capture containers get', () => {
  expect([...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)).toEqual(CAPABILITIES);
});
