// `wait` on a real API server behind a bad network, and with few rights; what the operator says is told by the test.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PacketCaptureStatus } from '../../../src/api/packetcapture-status.js';
import { EXIT } from '../../../src/cli/exit-codes.js';
import { capture, COMPLETE, completeCapture, conditions, failedCapture } from '../../unit/cli/captures.js';
import { start, type Ran } from '../../unit/cli/support.js';
import { eventually } from '../eventually.js';
import { startTcpProxy, type TcpProxy } from '../kube/tcp-proxy.js';
import { NAMESPACE, startToldCaptures, type ToldCaptures } from './told-captures.js';

const CAPTURING = capture().status as PacketCaptureStatus;
const DONE = completeCapture().status as PacketCaptureStatus;

let told: ToldCaptures;
let proxy: TcpProxy;
let name: string;
let tests = 0;
let open: ReturnType<typeof start>[];

beforeAll(async () => {
  told = await startToldCaptures();
}, 90_000);
afterAll(() => told.stop(), 30_000);

beforeEach(async () => {
  proxy = await startTcpProxy(told.apiServer.port);
  open = [];
  name = `web-${++tests}`;
  await told.create(name);
});
afterEach(async () => {
  for (const one of open) one.interrupt();
  await Promise.all(open.map(({ ended }) => ended));
  await proxy.stop();
});

/** Through the bad network. */
function wait(args: string[] = [], kubeconfig = told.apiServer.kubeconfigPath): ReturnType<typeof start> {
  const one = start(['wait', name, '-n', NAMESPACE, '--server', `https://127.0.0.1:${proxy.port}`, '--timeout', '50s', ...args], { env: { KUBECONFIG: kubeconfig, HOME: '/nonexistent' } });
  open.push(one);
  return one;
}
const says = (waiting: ReturnType<typeof start>, words: string): Promise<unknown> => eventually(`it says ${words}`, () => waiting.err().includes(words));

test('tells the phases on stderr, and at the end one line on stdout', async () => {
  const waiting = wait();
  await says(waiting, 'the operator has not looked at it yet');
  await told.tell(name, { ...CAPTURING, phase: 'Starting', conditions: conditions({ Ready: ['False', 'Starting', 'the capture pod is being created'] }) });
  await says(waiting, `${name}: Starting: the capture pod is being created\n`);
  await told.tell(name, CAPTURING);
  await says(waiting, `${name}: Capturing: `);
  await told.tell(name, DONE);
  const { code, stdout } = await waiting.ended;
  expect(stdout).toBe(`packetcapture/${name} run 20261120T030512Z-1a2b3c is complete: 100 packets in 4 files (12k) in s3://captures/shop/web-resets/20261120T030512Z-1a2b3c; nothing was lost\n`);
  expect(code).toBe(EXIT.ok);
}, 30_000);

test.each<[string, PacketCaptureStatus, number]>([
  ['loss', completeCapture({ ...COMPLETE, LossDetected: ['True', 'Gap', 'a gap of 2.0 s'] }).status as PacketCaptureStatus, EXIT.lossy],
  ['failure', failedCapture().status as PacketCaptureStatus, EXIT.failed],
])('%s that is there already is told at once, by its code', async (_, status, code) => {
  await told.tell(name, status);
  expect(await wait().ended).toMatchObject({ code, stderr: '' });
});

test('its time over says what it last saw, and how a recorder ends', async () => {
  await told.edit(name, { duration: '0s', upload: { policy: 'OnDemand' } });
  await told.tell(name, CAPTURING);
  const { code, stderr, stdout } = await wait(['--timeout', '0s']).ended;
  expect(code).toBe(EXIT.timeout);
  expect(stderr).toContain(`error: packetcapture/${name} is not finished within 0s; last seen: packetcapture/${name} run 20261120T030512Z-1a2b3c, Capturing (Capturing: tcpdump listens to 1 of 1 targets; capturing lasts 2m in all); it goes on; its duration is 0s, so it records until it is stopped: kubectl pktcap stop ${name}`);
  expect(stdout).toBe('');
});

test('one that is not there is told at once', async () => {
  await told.remove(name);
  expect(await wait().ended).toMatchObject({ code: EXIT.notFound, stderr: expect.stringContaining(`"${name}" not found in namespace "shop"`) });
});

test('one that is deleted meanwhile is waited for no more, though another takes its name', async () => {
  const waiting = wait();
  await says(waiting, 'not looked at it yet');
  await told.remove(name);
  await told.create(name);
  expect(await waiting.ended).toMatchObject({ code: EXIT.notFound, stderr: expect.stringContaining(`packetcapture/${name} was deleted while it was waited for`) });
});

test('an edit that begins another run is followed, and said', async () => {
  await told.tell(name, CAPTURING);
  const waiting = wait();
  await says(waiting, 'Capturing: ');
  await told.edit(name, { runToken: '2' });
  await says(waiting, 'its spec was edited');
  const next = { ...CAPTURING.run, id: '20261120T040000Z-ffffff' };
  await told.tell(name, { run: next, previousRuns: [{ id: '20261120T030512Z-1a2b3c', stopReason: 'Superseded' }] });
  await says(waiting, 'run 20261120T030512Z-1a2b3c is over (Superseded): run 20261120T040000Z-ffffff is the one that is followed now');
  await told.tell(name, { ...DONE, run: next });
  expect((await waiting.ended).stdout).toContain('run 20261120T040000Z-ffffff is complete');
}, 30_000);

test('Ctrl-C ends it', async () => {
  const waiting = wait();
  await says(waiting, 'not looked at it yet');
  waiting.interrupt();
  expect(await waiting.ended).toMatchObject({ code: EXIT.interrupted, stdout: '' });
});

describe('the network', () => {
  test('breaks connections, and then lets none through: it waits on', async () => {
    const waiting = wait();
    await says(waiting, 'not looked at it yet');
    proxy.refuse(true);
    proxy.reset();
    await says(waiting, 'the API server does not answer');
    await told.tell(name, DONE);
    proxy.refuse(false);
    expect(await waiting.ended).toMatchObject({ code: EXIT.ok });
    expect(waiting.err().match(/does not answer/g)).toHaveLength(1);
  }, 40_000);

  test('is well, but the API server is started again: it waits on', async () => {
    const waiting = wait();
    await says(waiting, 'not looked at it yet');
    await told.apiServer.halt();
    await says(waiting, 'the API server does not answer');
    await told.apiServer.resume();
    await told.tell(name, DONE);
    expect(await waiting.ended).toMatchObject({ code: EXIT.ok });
  }, 60_000);
});

describe('a user who may', () => {
  async function userWho(...verbs: string[]): Promise<string> {
    const user = verbs.join('-');
    const { kubeconfigPath } = await told.apiServer.addUser(user);
    await told.apiServer.kubectl(['create', 'role', user, `--verb=${verbs.join(',')}`, '--resource=packetcaptures.packetcapture.dev', '-n', NAMESPACE]);
    await told.apiServer.kubectl(['create', 'rolebinding', user, `--role=${user}`, `--user=${user}`, '-n', NAMESPACE]);
    return kubeconfigPath;
  }

  test.each<string[][]>([[['get']], [['get', 'list']], [['get', 'list', 'watch']]])('%s waits all the same', async (verbs) => {
    const waiting = wait([], await userWho(...verbs));
    await says(waiting, 'not looked at it yet');
    await told.tell(name, CAPTURING);
    await says(waiting, 'Capturing: ');
    await told.tell(name, DONE);
    const ran: Ran = await waiting.ended;
    expect(ran).toMatchObject({ code: EXIT.ok, stderr: expect.not.stringContaining('error') });
  }, 30_000);

  test('look and no more looks no more when it is deleted', async () => {
    const waiting = wait([], await userWho('get', 'update'));
    await says(waiting, 'not looked at it yet');
    await told.remove(name);
    expect((await waiting.ended).code).toBe(EXIT.notFound);
  }, 30_000);

  test('not even look is told so', async () => {
    const waiting = wait([], await userWho('list'));
    expect((await waiting.ended).code).toBe(EXIT.forbidden);
  });
});
