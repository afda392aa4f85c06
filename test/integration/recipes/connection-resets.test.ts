// Resets made for real: by a server, by a port where nobody listens, by a client, and by a box between the two.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RecipeOnTrial, sideBySide } from './support/expectations.js';
import { Network, type Host } from './support/network.js';

const recipe = new RecipeOnTrial('connection-resets');
const network = new Network();
let captured: Record<'inOrder' | 'byServer' | 'byServerSeenByHalf' | 'refused' | 'byClient' | 'byBox', string>;

interface Way {
  client: Host;
  box: Host;
  server: Host;
  /** Asks for paths in the way that is named: `4/ok`, `6/reset`. */
  asks: (...paths: string[]) => Promise<unknown[]>;
}

/** A client, a box that passes on, a server: both ways are known. */
async function way(): Promise<Way> {
  const [client, box, server] = [network.host(), network.host(), network.host()];
  const [near, far] = [network.link(client, box), network.link(box, server)];
  client.routeBy(near.second);
  server.routeBy(far.first);
  box.forward();
  const asks: Way['asks'] = (...paths) => client.does('http-client.mjs', ...paths.map((path) => `http://${path.startsWith('6') ? `[${far.second.v6}]` : far.second.v4}:8080${path.slice(1)}`));
  await server.serve('http-server.mjs', 8080);
  expect(await asks('4/ok', '6/ok')).toEqual([200, 200]);
  return { client, box, server, asks };
}

beforeAll(async () => {
  captured = await sideBySide({
    inOrder: async () => {
      const { server, asks } = await way();
      return recipe.capturedBy(server, () => asks('4/ok', '4/ok', '6/ok'));
    },
    byServer: async () => {
      const { server, asks } = await way();
      return recipe.capturedBy(server, async () => {
        expect(await asks('4/ok', '4/reset', '4/reset', '4/reset', '6/ok', '6/reset', '6/reset')).toEqual([200, ...Array<string>(3).fill('ECONNRESET'), 200, ...Array<string>(2).fill('ECONNRESET')]);
      });
    },
    byServerSeenByHalf: async () => {
      const { server, asks } = await way();
      return recipe.capturedBy(server, () => asks('4/reset', '6/reset', '6/reset'), { filter: 'tcp port 8080 and tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0' });
    },
    refused: async () => {
      const { client, box } = await way();
      const [there] = box.addresses;
      return recipe.capturedBy(client, async () => {
        expect(await client.does('http-client.mjs', `http://${there?.v4}:8080/`, `http://[${there?.v6}]:8080/`)).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
      });
    },
    byClient: async () => {
      const { server, asks } = await way();
      return recipe.capturedBy(server, () => asks('4/slow/60000#reset', '6/slow/60000#reset'));
    },
    byBox: async () => {
      const { client, box, asks } = await way();
      for (const iptables of ['iptables', 'ip6tables']) box.run(iptables, '-A', 'FORWARD', '-p', 'tcp', '--dport', '8080', '--tcp-flags', 'PSH', 'PSH', '-j', 'REJECT', '--reject-with', 'tcp-reset');
      return recipe.capturedBy(client, async () => {
        expect(await asks('4/ok', '6/ok')).toEqual(['ECONNRESET', 'ECONNRESET']);
      });
    },
  });
}, 60_000);
afterAll(() => {
  recipe.remove();
  network.remove();
});

test('of connections that end in order nothing is a reset', () => recipe.expectShown(captured.inOrder, { 'connections that ended in order': 3 }));

test('a server that resets five of seven connections, over IPv4 and IPv6, is seen five times', async () => {
  await recipe.expectShown(captured.byServer, { 'every reset': 5, "resets that the server's side sent": 5, 'connections that ended in order': 2 });
  await recipe.expectAllColumns(captured.byServer);
});

test('the IPv4 half of the filter alone misses every one over IPv6, and says nothing', () =>
  recipe.expectShown(captured.byServerSeenByHalf, { 'every reset': 1, "resets that the server's side sent": 1 }));

test('a port where nobody listens refuses', () =>
  recipe.expectShown(captured.refused, { 'every reset': 2, "resets that the server's side sent": 2, 'connections that were refused': 2 }));

test('a client that gives up is seen as such', () => recipe.expectShown(captured.byClient, { 'every reset': 2, "resets that the client's side sent": 2 }));

test("a box between the two that sends a reset in the server's name is told by its TTL", async () => {
  const hops = async (flag: string): Promise<string[]> => (await recipe.fields(captured.byBox, `tcp.srcport == 8080 and tcp.flags.${flag} == 1`, ['ip.ttl', 'ipv6.hlim'])).map((row) => row.join(''));
  expect(await hops('syn')).toEqual(['63', '63']);
  expect(await hops('reset')).toEqual(['64', '64']);
});

test('the page names nothing that was not seen here', () => recipe.expectAllTried());
