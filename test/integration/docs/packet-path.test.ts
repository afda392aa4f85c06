// What docs/packet-path.md says of a packet's way, seen by the real tcpdump in the namespaces of pods and nodes.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CLIENT, MTU, type Network, network, NODE_A, NODE_B, SERVER, SERVICE } from './network.js';
import { datagrams, get, inboundProxy, outboundProxy, webServer } from './programs.js';

const NODE = process.execPath;
/** Sent last, along the same way. */
const LAST = 4242;
let net: Network;

beforeEach(() => {
  net = network();
});
afterEach(() => net.remove());

/** Of a connection to this port the last packet of interest. */
const end = (port: number): string => `tcp[tcpflags] & tcp-fin != 0 and src port ${port}`;
const addresses = (lines: string[]): string[] => [...new Set(lines.map((line) => / IP (\S+) > (\S+):/.exec(line)?.slice(1).map((address) => address.replace(`${CLIENT}.`, `${CLIENT}:`).replace(/:\d+$/, ':port')).join(' > ') ?? line))];

describe('a Service that the node translates', () => {
  beforeEach(async () => {
    net.nodeA.iptables('-t', 'nat', '-A', 'PREROUTING', '-d', SERVICE, '-p', 'tcp', '--dport', '80', '-j', 'DNAT', '--to-destination', `${SERVER}:8080`);
    await net.server.serve(webServer(8080));
  });

  test('in the client’s pod it has its own address, both ways; in the server’s pod the pods’ addresses stand', async () => {
    const [client, server] = [await net.client.watch(), await net.server.watch()];
    expect(net.client.run(NODE, '-e', get(SERVICE, 80, '5'))).toBe('5\n');
    await client.until(end(80));
    await server.until(end(8080));
    expect(addresses(client.lines('tcp'))).toEqual([`${CLIENT}:port > ${SERVICE}.80`, `${SERVICE}.80 > ${CLIENT}:port`]);
    expect(addresses(server.lines('tcp'))).toEqual([`${CLIENT}:port > ${SERVER}.8080`, `${SERVER}.8080 > ${CLIENT}:port`]);
  });

  test('a filter by the endpoint’s address sees nothing in the client’s pod, nor one by the Service’s in the server’s', async () => {
    const [client, server] = [await net.client.watch(), await net.server.watch()];
    net.client.run(NODE, '-e', get(SERVICE, 80, '5'));
    await client.until(end(80));
    await server.until(end(8080));
    expect(client.lines(`host ${SERVER} or port 8080`)).toEqual([]);
    expect(server.lines(`host ${SERVICE} or port 80`)).toEqual([]);
  });
});

test('the overlay is on the wire, and in no pod', async () => {
  await net.server.serve(webServer(8080));
  const [client, wire, server] = [await net.client.watch(), await net.nodeB.watch('wire'), await net.server.watch()];
  net.client.run(NODE, '-e', get(SERVER, 8080, '5'));
  await client.until(end(8080));
  await server.until(end(8080));
  const nodes = `udp port 4789 and host ${NODE_A} and host ${NODE_B}`;
  await wire.until(nodes, 6);
  expect(wire.lines(`tcp and host ${SERVER}`)).toEqual([]);
  for (const pod of [client, server]) expect(pod.lines(`udp port 4789 or host ${NODE_A} or host ${NODE_B}`)).toEqual([]);
});

test('out of the cluster the node puts its own address: the pod sees its own', async () => {
  net.nodeA.iptables('-t', 'nat', '-A', 'POSTROUTING', '-s', '10.98.0.0/16', '-o', 'wire', '-p', 'tcp', '-j', 'MASQUERADE');
  await net.nodeB.serve(webServer(8080));
  const [client, outside] = [await net.client.watch(), await net.nodeB.watch('wire')];
  net.client.run(NODE, '-e', get(NODE_B, 8080, '5'));
  await client.until(end(8080));
  expect(client.lines(`tcp and host ${CLIENT}`).length).toBe(client.lines('tcp').length);
  expect(outside.lines(`tcp and host ${CLIENT}`)).toEqual([]);
  await outside.until(end(8080));
  expect(outside.lines(`tcp and host ${NODE_A}`).length).toBe(outside.lines('tcp').length);
});

describe('offloads', () => {
  test('packets larger than the MTU, at both ends', async () => {
    await net.server.serve(webServer(8080));
    const [client, server] = [await net.client.watch('eth0'), await net.server.watch('eth0')];
    expect(net.client.run(NODE, '-e', get(SERVER, 8080, '1000000'))).toBe('1000000\n');
    for (const pod of [client, server]) {
      await pod.until(end(8080));
      expect(pod.lines(`src port 8080 and greater ${MTU + 15}`).length).toBeGreaterThan(0);
    }
  });

  test('checksums that are not there yet where a packet is sent', async () => {
    await net.server.serve(webServer(8080));
    const client = await net.client.watch('eth0');
    net.client.run(NODE, '-e', get(SERVER, 8080, '5'));
    await client.until(end(8080));
    const sent = client.lines(`src host ${CLIENT} and tcp`, '-vv').filter((line) => line.includes('cksum'));
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter((line) => !line.includes('(incorrect ->'))).toEqual([]);
  });
});

test.each(['any', 'lo'])('a packet on loopback is written once on %s, and counted twice as received', async (device) => {
  await net.client.serve(webServer(8080));
  const watched = await net.client.watch(device);
  net.client.run(NODE, '-e', get('127.0.0.1', 8080, '5'));
  net.client.run(NODE, '-e', datagrams('127.0.0.1', [LAST]));
  await watched.until(`udp port ${LAST}`);
  const syns = watched.lines('tcp[tcpflags] == tcp-syn and dst port 8080');
  expect(syns).toHaveLength(1);
  if (device === 'any') expect(syns[0]).toContain('lo    In');
  const written = watched.lines('host 127.0.0.1').length;
  expect(Number(/(\d+) packets received by filter/.exec(await watched.end())?.[1])).toBeGreaterThanOrEqual(2 * written);
});

test('on any every packet says its interface and its direction', async () => {
  await net.server.serve(webServer(8080));
  const client = await net.client.watch();
  net.client.run(NODE, '-e', get(SERVER, 8080, '5'));
  await client.until(end(8080));
  expect(client.lines(`src host ${CLIENT} and tcp`).filter((line) => !/ Out +IP /.test(line))).toEqual([]);
  expect(client.lines(`dst host ${CLIENT} and tcp`).filter((line) => !/ In +IP /.test(line))).toEqual([]);
  expect(await client.end()).toContain('link-type LINUX_SLL2');
});

test('a mesh’s proxy at each end: TLS on eth0, the same request in the clear on lo', async () => {
  const asProxy = ['setpriv', '--reuid=1337', '--regid=1337', '--clear-groups'];
  net.client.iptables('-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '--dport', '8080', '-m', 'owner', '!', '--uid-owner', '1337', '-j', 'REDIRECT', '--to-ports', '15001');
  net.server.iptables('-t', 'nat', '-A', 'PREROUTING', '-i', 'eth0', '-p', 'tcp', '--dport', '8080', '-j', 'REDIRECT', '--to-ports', '15006');
  await net.client.serve(outboundProxy(15001, SERVER, 8080), ...asProxy);
  await net.server.serve(inboundProxy(15006, 8081), ...asProxy);
  await net.server.serve(webServer(8081, '127.0.0.1'));
  const ends = [await net.client.watch(), await net.server.watch()] as const;
  expect(net.client.run(NODE, '-e', get(SERVER, 8080, '7'))).toBe('7\n');
  for (const [n, pod] of ends.entries()) {
    await pod.until('tcp[tcpflags] & tcp-fin != 0 and ifindex 1');
    const clear = (filter: string): boolean => pod.lines(filter, '-A').some((line) => line.includes('GET /7 HTTP'));
    const onEth0 = `host ${CLIENT} and host ${SERVER} and port 8080 and not ifindex 1`;
    expect([n, clear('ifindex 1'), clear(onEth0)]).toEqual([n, true, false]);
    expect(pod.lines(onEth0).length).toBeGreaterThan(5);
    // What comes by eth0 has the port that was dialled, not the proxy's.
    expect(pod.lines('port 15006')).toEqual([]);
  }
  // The application's own connection, after the redirection of what it sends and before that of what it gets.
  expect(addresses(ends[0].lines('tcp and ifindex 1'))).toEqual([`${CLIENT}:port > 127.0.0.1.15001`, `${SERVER}.8080 > ${CLIENT}:port`]);
});

describe('what is dropped', () => {
  const sent = async (port: number): Promise<{ client: number; server: number }> => {
    const [client, server] = [await net.client.watch(), await net.server.watch()];
    net.client.run(NODE, '-e', datagrams(SERVER, [port, port]));
    net.client.run(NODE, '-e', datagrams(SERVER, [LAST]));
    for (const pod of [client, server]) await pod.until(`udp dst port ${LAST}`);
    const count = (pod: typeof client): number => pod.lines(`udp dst port ${port}`).length;
    return { client: count(client), server: count(server) };
  };

  test('on the node, behind the client’s pod: seen there, and not in the server’s pod', async () => {
    net.nodeA.iptables('-A', 'FORWARD', '-p', 'udp', '--dport', '9000', '-j', 'DROP');
    expect(await sent(9000)).toEqual({ client: 2, server: 0 });
  });

  test('in the server’s own pod, on the way in: seen there all the same', async () => {
    net.server.iptables('-A', 'INPUT', '-p', 'udp', '--dport', '9000', '-j', 'DROP');
    expect(await sent(9000)).toEqual({ client: 2, server: 2 });
  });

  test('in the client’s own pod, on the way out: not seen at all', async () => {
    net.client.iptables('-A', 'OUTPUT', '-p', 'udp', '--dport', '9000', '-j', 'DROP');
    expect(await sent(9000)).toEqual({ client: 0, server: 0 });
  });
});
