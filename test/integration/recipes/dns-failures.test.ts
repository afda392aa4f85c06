// Names that a real resolver asks a server of ours for, which answers well, wrongly, late, or not at all.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RecipeOnTrial, sideBySide } from './support/expectations.js';
import { Network } from './support/network.js';

const recipe = new RecipeOnTrial('dns-failures');
const network = new Network();
let captured: Record<'good' | 'bad', string>;

/** What a pod captures while it looks names up, by IPv4 and then by IPv6; with what its resolver told it. */
async function lookUp(names: string[], expected: unknown[]): Promise<string> {
  const [pod, dns] = [network.host(), network.host()];
  const { second } = network.link(pod, dns);
  await dns.serve('dns-server.mjs', 53);
  const ask = (server: string, ...asked: string[]): Promise<unknown> => pod.does('dns-client.mjs', server, ...asked);
  await Promise.all([ask(second.v4, 'ok.known.example'), ask(`[${second.v6}]`, 'ok.known.example')]);
  return recipe.capturedBy(pod, async () => {
    expect(await Promise.all([ask(second.v4, ...names), ask(`[${second.v6}]`, ...names)])).toEqual([expected, expected]);
  });
}

beforeAll(async () => {
  captured = await sideBySide({
    good: () => lookUp(['ok.example', 'ok.other.example'], [['192.0.2.1'], ['192.0.2.1']]),
    bad: () =>
      lookUp(['ok.example', 'servfail.example', 'nxdomain.example', 'nxdomain.other.example', 'empty.example', 'late.example', 'never.example', 'cut.example'], [['192.0.2.1'], 'ESERVFAIL', 'ENOTFOUND', 'ENOTFOUND', 'ENODATA', ['192.0.2.1'], 'ETIMEOUT', ['192.0.2.1']]),
  });
}, 60_000);
afterAll(() => {
  recipe.remove();
  network.remove();
});

test('of names that are answered none of the filters shows anything', () => recipe.expectShown(captured.good, {}));

test('each failure, by IPv4 and by IPv6, is shown by its filter and no other', async () => {
  await recipe.expectShown(captured.bad, {
    'the server failed': 2,
    'the name does not exist': 4,
    'the name exists, without such a record': 2,
    // Each was asked twice.
    'questions without an answer': 4,
    'answers that took more than a second': 2,
    'answers that were cut': 2,
  });
  const names = async (what: string): Promise<string[]> => [...new Set((await recipe.fields(captured.bad, recipe.filter(what), ['dns.qry.name'])).flat())];
  expect(await names('questions without an answer')).toEqual(['never.example']);
  expect(await names('answers that took more than a second')).toEqual(['late.example']);
  // The whole answer came by TCP, and is there too.
  expect((await recipe.fields(captured.bad, 'tcp and dns.flags.response == 1', ['dns.qry.name', 'dns.a']))).toEqual(Array(2).fill(['cut.example', '192.0.2.1']));
  await recipe.expectAllColumns(captured.bad);
});

test('the page names nothing that was not seen here', () => recipe.expectAllTried());
