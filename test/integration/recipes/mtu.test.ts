// A path on which one link takes smaller packets: with routers that say so, with routers that are not heard, and one without it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../eventually.js';
import { RecipeOnTrial, sideBySide } from './support/expectations.js';
import { Network, type Host, type Link } from './support/network.js';

const recipe = new RecipeOnTrial('mtu');
const network = new Network();
let captured: Record<'good' | 'told' | 'blackHole', string>;

interface Path {
  pod: Host;
  router: Host;
  far: Link;
  urls: [string, string];
}

/** The router's link to the server takes packets of `mtu` bytes; the server believes in 1,500. */
async function path(mtu: number): Promise<Path> {
  const [pod, router, server] = [network.host(), network.host(), network.host()];
  const [near, far] = [network.link(pod, router), network.link(router, server)];
  pod.routeBy(near.second);
  server.routeBy(far.first);
  router.forward();
  router.run('ip', 'link', 'set', far.device, 'mtu', String(mtu));
  await server.serve('http-server.mjs', 8080);
  const urls: [string, string] = [`http://${far.second.v4}:8080/ok`, `http://[${far.second.v6}]:8080/ok`];
  expect(await pod.does('http-client.mjs', ...urls)).toEqual([200, 200]);
  return { pod, router, far, urls };
}

/** Segments that a host's kernel has sent again. */
function sentAgain(host: Host): number {
  const [names = '', values = ''] = host.run('cat', '/proc/net/snmp').split('\n').filter((line) => line.startsWith('Tcp:'));
  return Number(values.split(' ')[names.split(' ').indexOf('RetransSegs')]);
}

beforeAll(async () => {
  captured = await sideBySide({
    good: async () => {
      const { pod, far, urls } = await path(1500);
      return recipe.capturedBy(pod, async () => {
        expect(await pod.does('http-client.mjs', ...urls.map((url) => `${url}#20000`))).toEqual([200, 200]);
        for (const address of [far.first.v4, far.first.v6]) await pod.does('udp-sender.mjs', address, 9999, 3000);
      });
    },
    told: async () => {
      const { pod, urls } = await path(1300);
      return recipe.capturedBy(pod, async () => expect(await pod.does('http-client.mjs', ...urls.map((url) => `${url}#20000`))).toEqual([200, 200]));
    },
    blackHole: async () => {
      const { pod, router, urls } = await path(1300);
      router.run('iptables', '-A', 'OUTPUT', '-p', 'icmp', '--icmp-type', 'fragmentation-needed', '-j', 'DROP');
      router.run('ip6tables', '-A', 'OUTPUT', '-p', 'icmpv6', '--icmpv6-type', 'packet-too-big', '-j', 'DROP');
      return recipe.capturedBy(pod, async () => {
        const before = sentAgain(pod);
        for (const url of urls) pod.begin('http-client.mjs', `${url}#20000`);
        await eventually('both have sent again three times', () => sentAgain(pod) >= before + 6, { timeoutMs: 40_000 });
      });
    },
  });
}, 90_000);
afterAll(() => {
  recipe.remove();
  network.remove();
});

const SYNS = 'the largest segment that each side asks for';
const AGAIN = 'large packets that were sent again';

test('on a path of one size nobody complains; fragments are all there; packets longer than the MTU are no sign', async () => {
  await recipe.expectShown(captured.good, { [SYNS]: 4, fragments: 6 });
  expect((await recipe.fields(captured.good, 'tcp.len > 1500', ['tcp.len'])).length).toBeGreaterThan(0);
});

test('a router that is heard says the size of the next link, and all arrives', async () => {
  await recipe.expectShown(captured.told, { [SYNS]: 4, [AGAIN]: 'some', 'a router says over IPv4 that a packet is too large': 'some', 'a router says over IPv6 that a packet is too large': 'some' });
  expect(new Set((await recipe.fields(captured.told, 'icmp or icmpv6.type == 2', ['icmp.mtu', 'icmpv6.mtu'])).map((row) => row.join('')))).toEqual(new Set(['1300']));
  await recipe.expectAllColumns(captured.told);
});

test('in a black hole large packets are sent again and again, and nobody says a word', async () => {
  await recipe.expectShown(captured.blackHole, { [SYNS]: 4, [AGAIN]: 'some' });
  const streams = (await recipe.fields(captured.blackHole, recipe.filter(AGAIN), ['tcp.stream'])).flat();
  for (const stream of ['0', '1']) expect(streams.filter((one) => one === stream).length).toBeGreaterThanOrEqual(2);
  // Nothing large was acknowledged.
  expect(await recipe.fields(captured.blackHole, 'tcp.srcport == 8080 and tcp.ack > 1000', ['tcp.ack'])).toEqual([]);
});

test('the page names nothing that was not seen here', () => recipe.expectAllTried());
