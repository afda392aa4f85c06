// A client and a server, each captured by itself and merged into one file, with a box between them that translates addresses and drops packets, and counts them.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { merged } from './support/capture.js';
import { RecipeOnTrial, sideBySide } from './support/expectations.js';
import { Network } from './support/network.js';

const recipe = new RecipeOnTrial('both-ends');
const network = new Network();
/** A Service's. */
const VIP = '10.96.0.10';
/** Every third packet with data is dropped. */
const EVERY_THIRD = ['-m', 'length', '--length', '100:65535', '-m', 'statistic', '--mode', 'nth', '--every', '3', '--packet', '0', '-j', 'DROP'];
const REQUESTS = 6;

interface Ends {
  both: string;
  client: string;
  /** What the box has dropped. */
  dropped: number;
}
let captured: Record<'direct' | 'byService' | 'losesRequests' | 'losesAnswers', Ends>;

async function ends({ rule = [], byService = true }: { rule?: string[]; byService?: boolean } = {}): Promise<Ends> {
  const [api, box, web] = [network.host(), network.host(), network.host()];
  const [near, far] = [network.link(api, box), network.link(box, web)];
  api.routeBy(near.second);
  web.routeBy(far.first);
  box.forward();
  box.run('iptables', '-t', 'nat', '-A', 'PREROUTING', '-d', VIP, '-p', 'tcp', '-j', 'DNAT', '--to-destination', far.second.v4);
  await web.serve('http-server.mjs', 8080);
  const url = `http://${byService ? VIP : far.second.v4}:8080/ok`;
  expect(await api.does('http-client.mjs', url)).toEqual([200]);
  if (rule.length > 0) box.run('iptables', '-A', 'FORWARD', ...rule);
  const [atClient, atServer] = [await recipe.begin(api), await recipe.begin(web)];
  expect(await api.does('http-client.mjs', ...Array<string>(REQUESTS).fill(url))).toEqual(Array(REQUESTS).fill(200));
  const [client] = await Promise.all([atClient.stop(), atServer.stop()]);
  const both = await merged({ 'api-0_0a1b2c3d': atClient, 'web-0_4e5f6071': atServer }, `${atClient.folder}/both.pcapng`);
  const dropped = Number(/^ *(\d+) .*DROP/m.exec(box.run('iptables', '-nvxL', 'FORWARD'))?.[1] ?? 0);
  return { both, client, dropped };
}

beforeAll(async () => {
  captured = await sideBySide({
    direct: () => ends({ byService: false }),
    byService: () => ends(),
    losesRequests: () => ends({ rule: ['-p', 'tcp', '--dport', '8080', ...EVERY_THIRD] }),
    losesAnswers: () => ends({ rule: ['-p', 'tcp', '--sport', '8080', ...EVERY_THIRD] }),
  });
}, 120_000);
afterAll(() => {
  recipe.remove();
  network.remove();
});

/** What left an end and did not reach the other. Where TCP sends something again that was not lost, it is at both ends. */
async function lost({ both }: Ends): Promise<{ requests: number; answers: number }> {
  const frames = await recipe.framesIn(both);
  const of = (what: string): number => frames[what] ?? 0;
  expect(Math.min(of('requests as they reached the server'), of('answers as they reached the client'))).toBeGreaterThanOrEqual(REQUESTS);
  return { requests: of('requests as they left the client') - of('requests as they reached the server'), answers: of('answers as they left the server') - of('answers as they reached the client') };
}
const streams = async (file: string): Promise<number> => new Set((await recipe.fields(file, 'tcp', ['tcp.stream'])).flat()).size;
const MARKED = 'tcp.analysis.retransmission or tcp.analysis.out_of_order or tcp.analysis.duplicate_ack';

test('where nothing is lost both ends have the same; through a Service each connection is two', async () => {
  expect(await lost(captured.byService)).toEqual({ requests: 0, answers: 0 });
  expect(await streams(captured.byService.both)).toBe(2 * REQUESTS);
  await recipe.expectAllColumns(captured.byService.both);
  const numbers = async (what: string): Promise<Set<string>> => new Set((await recipe.fields(captured.byService.both, recipe.filter(what), ['tcp.seq_raw'])).flat());
  expect(await numbers('requests as they reached the server')).toEqual(await numbers('requests as they left the client'));
});

test('without a Service each is one, and Wireshark takes the second sight of a packet for another packet', async () => {
  expect(await lost(captured.direct)).toEqual({ requests: 0, answers: 0 });
  expect(await streams(captured.direct.both)).toBe(REQUESTS);
  expect(await recipe.count(captured.direct.both, MARKED)).toBeGreaterThan(0);
  expect(await recipe.count(captured.direct.client, MARKED)).toBe(0);
});

test('requests that are lost left the client and did not reach the server: exactly those that the box dropped', async () => {
  const { dropped } = captured.losesRequests;
  expect(dropped).toBeGreaterThanOrEqual(2);
  expect(await lost(captured.losesRequests)).toEqual({ requests: dropped, answers: 0 });
});

test('answers that are lost left the server and did not reach the client', async () => {
  const { dropped } = captured.losesAnswers;
  expect(dropped).toBeGreaterThanOrEqual(2);
  expect(await lost(captured.losesAnswers)).toEqual({ requests: 0, answers: dropped });
});

test('the page names nothing that was not seen here', () => recipe.expectAllTried());
