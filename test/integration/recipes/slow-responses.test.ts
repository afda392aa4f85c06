// One slow conversation after the other, each for another reason; the reason's filter shows it, and the other reasons' filters do not.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../eventually.js';
import { RecipeOnTrial, sideBySide } from './support/expectations.js';
import { Network, type Address, type Host } from './support/network.js';

const recipe = new RecipeOnTrial('slow-responses');
const network = new Network();
let captured: Record<'good' | 'thinks' | 'unread' | 'unreadByClient' | 'clientWaits' | 'losesSYN' | 'loses', string>;

interface Pair {
  client: Host;
  /** Captured. */
  server: Host;
  url: (path: string) => string;
  asks: (...paths: string[]) => Promise<unknown[]>;
}

/** A client and a server that know each other. */
async function pair(at: (address: Address) => string = ({ v4 }) => v4): Promise<Pair> {
  const [client, server] = [network.host(), network.host()];
  const { second } = network.link(client, server);
  const url = (path: string): string => `http://${at(second)}:8080${path}`;
  const asks: Pair['asks'] = (...paths) => client.does('http-client.mjs', ...paths.map(url));
  await server.serve('http-server.mjs', 8080);
  expect(await asks('/ok')).toEqual([200]);
  return { client, server, url, asks };
}

/** While a window is closed each side may be silent for a second, as long as the test lets it. */
const SILENT = {
  'responses that came after more than a second': 'any',
  'the server was silent for a second, then sent (any protocol)': 'any',
  'the client was silent for a second, then sent': 'any',
} as const;

const v6 = (address: Address): string => `[${address.v6}]`;

beforeAll(async () => {
  captured = await sideBySide({
    good: async () => {
      const { server, asks } = await pair();
      return recipe.capturedBy(server, () => asks('/ok', '/ok', '/status/404', '/ok#500'));
    },
    thinks: async () => {
      const { server, asks } = await pair(v6);
      return recipe.capturedBy(server, () => asks('/ok', '/slow/2500', '/slow/2500'));
    },
    unread: async () => {
      const { server, asks } = await pair();
      return recipe.capturedBy(server, async (capture) => {
        const posted = asks('/unread#8000000');
        await eventually('the window is closed', async () => (await recipe.frames(capture, 'the server does not read')) > 0, { everyMs: 300, timeoutMs: 40_000 });
        expect(await asks('/read')).toEqual([200]);
        expect(await posted).toEqual([200]);
      });
    },
    unreadByClient: async () => {
      const { client, server, url } = await pair(v6);
      return recipe.capturedBy(server, async (capture) => {
        const reader = client.begin('slow-reader.mjs', url('/large/8000000'));
        await eventually('the window is closed', async () => (await recipe.frames(capture, 'the client does not read')) > 0, { everyMs: 300, timeoutMs: 40_000 });
        reader.child.kill('SIGUSR2');
        expect(JSON.parse(await reader.ended)).toBe(8_000_000);
      });
    },
    clientWaits: async () => {
      const { server, asks } = await pair();
      return recipe.capturedBy(server, async () => expect(await asks('/ok', '/ok#pause')).toEqual([200, 200]));
    },
    losesSYN: async () => {
      const { server, asks } = await pair();
      // The first SYN of two is dropped before the server has it, as where its queue is full.
      server.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--syn', '-m', 'statistic', '--mode', 'nth', '--every', '2', '--packet', '0', '-j', 'DROP');
      return recipe.capturedBy(server, async () => expect(await asks('/ok', '/ok')).toEqual([200, 200]));
    },
    loses: async () => {
      const { client, server, asks } = await pair(v6);
      // Every fourth packet with data in it does not reach the client.
      client.run('ip6tables', '-A', 'INPUT', '-p', 'tcp', '--sport', '8080', '-m', 'length', '--length', '200:65535', '-m', 'statistic', '--mode', 'nth', '--every', '4', '--packet', '0', '-j', 'DROP');
      return recipe.capturedBy(server, async () => expect(await asks(...Array<string>(8).fill('/ok'))).toEqual(Array(8).fill(200)));
    },
  });
}, 120_000);
afterAll(() => {
  recipe.remove();
  network.remove();
});

const AGAIN = 'packets that were sent again';

test('of quick answers none of the filters shows anything', () => recipe.expectShown(captured.good, {}));

test('a server that thinks is late, twice, and nothing is lost', async () => {
  await recipe.expectShown(captured.thinks, { 'responses that came after more than a second': 2, 'the server was silent for a second, then sent (any protocol)': 2 });
  await recipe.expectAllColumns(captured.thinks);
});

test('a server that does not read closes its window', () =>
  recipe.expectShown(captured.unread, { 'the server does not read': 'some', [AGAIN]: 'any', ...SILENT }));

test('a client that does not read closes its own', () =>
  recipe.expectShown(captured.unreadByClient, { 'the client does not read': 'some', [AGAIN]: 'any', ...SILENT }));

test('a client that sends its request in two pieces is the one that was silent', () =>
  recipe.expectShown(captured.clientWaits, { 'the client was silent for a second, then sent': 1, 'responses that came after more than a second': 'any' }));

test('a lost SYN is sent again a second later', () => recipe.expectShown(captured.losesSYN, { 'connections that began with a loss': 2, [AGAIN]: 2 }));

test('lost packets are sent again', () => recipe.expectShown(captured.loses, { [AGAIN]: 'some' }));

test('the page names nothing that was not seen here', () => recipe.expectAllTried());
