import { expect, test } from '@jest/globals';
import { silent } from '../../../src/kube/log.js';
import { FilterCheck } from '../../../src/operator/filter-check.js';
import { FilterCompiler } from '../../../src/tcpdump/filter-compiler.js';
import { Turns } from '../../../src/tcpdump/turns.js';

const never = (): void => undefined;

test('a filter that compiles for one link type of the interface is right', async () => {
  const check = new FilterCheck(silent, { problem: (_filter, linkType) => Promise.resolve(linkType === 'EN10MB' ? 'no' : undefined) });
  expect(await check.check('ip', 'eth0', 'shop', never)).toEqual({});
});

test('a filter that compiles for none has the words of the first', async () => {
  const check = new FilterCheck(silent, { problem: (_filter, linkType) => Promise.resolve(`no ${linkType}`) });
  expect(await check.check('ip', 'eth0', 'shop', never)).toEqual({ problem: 'no EN10MB' });
});

test('a filter that takes long holds nobody up: it is pending, and whoever asked is told when it is known', async () => {
  let compiled: (problem: string) => void = never;
  let questions = 0;
  const check = new FilterCheck(silent, { problem: () => ((questions += 1), new Promise((resolve) => (compiled = resolve))) });
  const known = new Promise<void>((resolve) => {
    void check.check('ip', 'any', 'shop', resolve).then((verdict) => {
      expect(verdict).toEqual({ isPending: true });
      compiled('too long');
    });
  });
  await known;
  expect(await check.check('ip', 'any', 'shop', never)).toEqual({ problem: 'too long' });
  expect(questions).toBe(1);
});

test('where tcpdump can not be asked the agent asks, and the operator tries again', async () => {
  let questions = 0;
  const check = new FilterCheck(silent, { problem: () => ((questions += 1), Promise.reject(new Error('no tcpdump'))) });
  expect(await check.check('ip', 'any', 'shop', never)).toEqual({});
  expect(await check.check('ip', 'any', 'shop', never)).toEqual({});
  expect(questions).toBe(2);
});

test('a namespace whose filters take for ever leaves the others theirs', async () => {
  const slow = (argv: string[]): boolean => argv.at(-1)?.startsWith('tcp') ?? false;
  const answer = { code: 0, signal: undefined, stdout: '1', stderr: '' };
  const compiler = new FilterCompiler((argv) => (slow(argv) ? new Promise(() => undefined) : Promise.resolve(answer)), [], new Turns(2));
  const check = new FilterCheck(silent, compiler);
  for (const port of [80, 81, 82]) expect(await check.check(`tcp port ${port}`, 'any', 'greedy', never)).toEqual({ isPending: true });
  expect(await check.check('udp', 'any', 'shop', never)).toEqual({});
});
