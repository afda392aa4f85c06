// Processes of a pod that are made to mislead whoever looks for its network namespace: real processes, cgroups and namespaces.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { locateNetns, type LocatedNetns, type NotFound } from '../../../../src/agent/netns/locate.js';
import { PodProcesses } from '../../../../src/agent/netns/processes.js';
import { runChild } from '../../../../src/tcpdump/child.js';
import { TestPod } from '../harness/namespace.js';

let pod: TestPod;
let other: TestPod;
const children: ChildProcess[] = [];
const inNetns = (one: TestPod, ...argv: string[]): [string, ...string[]] => ['nsenter', `--net=/run/netns/${one.netns}`, ...argv];
const inode = (one: TestPod): bigint => statSync(`/run/netns/${one.netns}`, { bigint: true }).ino;
const holder = 'ip link set lo up; ip address add $0/24 dev lo; exec sleep infinity';

beforeEach(() => {
  pod = new TestPod();
  other = new TestPod('other-0');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const one of [pod, other]) one.remove();
});

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`${what}: not seen`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function located(over: Partial<TestPod['target']> = {}, processes: Pick<PodProcesses, 'groups'> = new PodProcesses()): Promise<NotFound | (LocatedNetns & { message?: never })> {
  const found = await locateNetns(runChild, processes as PodProcesses, { ...pod.target, ...over }, false);
  if (!('message' in found)) await found.handle.close();
  return found;
}

async function expectOwn(over: Partial<TestPod['target']> = {}): Promise<void> {
  expect(await located(over)).toMatchObject({ inode: inode(pod) });
}

/** USER_HZ, in which /proc/PID/stat counts: the same on every Linux of today. */
const TICKS_PER_SECOND = 100;
const startTicks = ({ pid }: ChildProcess): number => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]);
const notFound = { reason: 'NetworkNamespaceNotFound', permanent: false };

/** In no cgroup of a pod but where `path` says. */
function runIn(path: string, argv: [string, ...string[]]): ChildProcess {
  const child = spawn(argv[0], argv.slice(1), { stdio: 'ignore' });
  children.push(child);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'cgroup.procs'), String(child.pid));
  return child;
}

describe('hostile: process', () => {
  test.each([
    ['older', true],
    ['younger', false],
  ])('a netns of a process of the pod that holds the IP of the pod and is %s than the next sandbox → the oldest process of those that hold the IP decides, and it is one of the pod', async (_, isOlder) => {
    const impostor = (): ChildProcess => pod.run(['unshare', '-Urn', 'sh', '-c', holder, pod.podIP], 'app');
    const first = isOlder ? impostor() : pod.run();
    await until('a namespace of its own', () => statSync(`/proc/${first.pid}/ns/net`).ino !== statSync('/proc/self/ns/net').ino);
    // Start times are as coarse as ticks, and one is forgiven.
    await until('a later tick', () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * TICKS_PER_SECOND > startTicks(first) + 2);
    const second = isOlder ? pod.run() : impostor();
    await until('a namespace of its own', () => statSync(`/proc/${second.pid}/ns/net`).ino !== statSync('/proc/self/ns/net').ino);
    await until('the address', async () => 'inode' in (await located()));
    const found = (await located()) as LocatedNetns;
    // Whoever is older than its own sandbox was there in a former one; a capture that has seen that goes by it.
    if (!isOlder) expect(found.inode).toBe(inode(pod));
    expect([first.pid, second.pid]).toContain(found.pid);
    expect(found.inode).not.toBe(inode(other));
    const former = { inode: 1n, seenTicks: startTicks(isOlder ? second : first) };
    const next = await locateNetns(runChild, new PodProcesses(), pod.target, false, former);
    if (!('message' in next)) await next.handle.close();
    expect(next).toMatchObject({ inode: inode(pod) });
  });

  test('a netns with the IP of another pod, and no IP of its own → not found: it is not what the pod was given', async () => {
    pod.run(['unshare', '-Urn', 'sh', '-c', holder, '10.99.0.77'], 'app');
    await until('a process', async () => 'message' in (await located()) && ((await located()) as NotFound).message.includes('holds'));
    expect(await located()).toMatchObject(notFound);
  });

  test('forty namespaces that all hold the IP of the pod → the one of the sandbox, and no more than sixteen are looked into', async () => {
    pod.run();
    pod.run(['sh', '-c', `n=0; while [ $n -lt 40 ]; do unshare -Urn sh -c '${holder}' ${pod.podIP} & n=$((n+1)); done; wait`], 'app');
    await until('forty', async () => {
      const groups = await new PodProcesses().groups(pod.uid);
      return groups.length === 16;
    });
    await expectOwn();
  });

  test('a process that was replaced by one of another pod between the look at its cgroup and the look at its netns → refused: the one that was opened is asked again whose it is', async () => {
    const stranger = other.run();
    await until('its netns', () => statSync(`/proc/${stranger.pid}/ns/net`, { bigint: true }).ino === inode(other));
    const stale = { pid: stranger.pid as number, inode: inode(other), startTicks: 1 };
    // As a look at /proc finds it that lasts so long that the process id is used again.
    expect(await located({ podIPs: [] }, { groups: () => Promise.resolve([stale]) })).toMatchObject(notFound);
    expect(await located({}, { groups: () => Promise.resolve([stale]) })).toMatchObject(notFound);
  });

  test('a process that goes from the cgroup of one pod to the other and back as fast as it can → each pod has its own netns, at every look', async () => {
    for (const one of [pod, other]) one.run();
    const restless = pod.run(inNetns(pod, 'sleep', 'infinity'), 'app');
    const folders = [pod, other].map((one) => join('/proc', String(one.run(inNetns(one, 'sleep', 'infinity'), 'app').pid), 'cgroup'));
    const paths = folders.map((file) => readFileSync(file, 'utf8').split('\n').find((line) => line.includes('pcagent'))?.split(':').at(-1) ?? '');
    const root = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';
    const mover = spawn('sh', ['-c', `while :; do echo ${restless.pid} > ${root}${paths[1]}/cgroup.procs; echo ${restless.pid} > ${root}${paths[0]}/cgroup.procs; done`], { stdio: 'ignore' });
    children.push(mover);
    for (let look = 0; look < 15; look += 1) {
      await expectOwn();
      const found = await located(other.target);
      // Both have one IP, as pods of two networks may; what tells them apart is the oldest process of each.
      expect(found).toMatchObject({ inode: inode(other) });
    }
    mover.kill('SIGKILL');
  }, 20_000);

  test('five hundred processes that come and go during the look → found, in time, and no process of ours is left over', async () => {
    pod.run();
    const bomb = pod.run(inNetns(pod, 'sh', '-c', 'n=0; while [ $n -lt 500 ]; do /bin/true & n=$((n+1)); done; wait; exec sleep infinity'), 'app');
    const sinceMs = Date.now();
    while (Date.now() - sinceMs < 1000) await expectOwn();
    expect(bomb.exitCode).toBeNull();
  }, 20_000);

  test.each([
    ['deep below', (base: string) => join(base, 'a/b/c')],
    ['in a folder named after another pod', (base: string) => join(base, `pod${'0'.repeat(8)}-1111-4111-8111-000000000000`)],
  ])('a process in a cgroup %s that the pod made in its own → is of the pod whose cgroup it is below, and of no other', async (_, path) => {
    const sandbox = pod.run();
    const own = readFileSync(`/proc/${sandbox.pid}/cgroup`, 'utf8').split('\n').find((line) => line.includes('pcagent'))?.split(':').at(-1) ?? '';
    const root = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';
    runIn(path(join(root, own)), inNetns(pod, 'sleep', 'infinity'));
    await expectOwn();
    expect(await located({ podUID: `${'0'.repeat(8)}-1111-4111-8111-000000000000` })).toMatchObject({ ...notFound, message: expect.stringContaining('no process') });
  });

  test('a process that moves itself below a folder with the UID of another pod → does not become that pod, which keeps its own netns', async () => {
    other.run();
    const sandbox = pod.run();
    const own = readFileSync(`/proc/${sandbox.pid}/cgroup`, 'utf8').split('\n').find((line) => line.includes('pcagent'))?.split(':').at(-1) ?? '';
    const root = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';
    runIn(join(root, own, `pod${other.uid}`), inNetns(pod, 'sleep', 'infinity'));
    expect(await located(other.target)).toMatchObject({ inode: inode(other) });
    expect((await new PodProcesses().groups(other.uid)).map((group) => group.inode)).toEqual([inode(other)]);
  });

  test.each([
    ['"pause"', ['-c', 'exec -a /pause sleep infinity']],
    ['"tcpdump"', ['-c', 'exec -a tcpdump sleep infinity']],
    ['parentheses, blanks and a line of numbers', ['-c', 'printf ") R 1 1 1 1\\n9" > /proc/self/comm; read x < /dev/zero']],
  ])('a process in a netns of its own that calls itself %s → names decide nothing: it is no older than it is', async (_, args) => {
    pod.run();
    const impostor = pod.run(['unshare', '-Urn', 'bash', '-c', `ip link set lo up; ip address add ${pod.podIP}/24 dev lo; ${args[1]}`], 'app');
    await until('its netns', async () => (await new PodProcesses().groups(pod.uid)).length === 2);
    const [oldest] = await new PodProcesses().groups(pod.uid);
    expect(oldest?.inode).toBe(inode(pod));
    expect(Number.isSafeInteger(oldest?.startTicks)).toBe(true);
    await expectOwn();
    expect(impostor.exitCode).toBeNull();
  });

  test.each([
    ['a zombie', 'sh -c "exit 0" & exec sleep infinity'],
    ['stopped', 'kill -STOP $$'],
  ])('a pod with a process that is %s → found by whichever holds its netns', async (_, script) => {
    pod.run(inNetns(pod, 'sh', '-c', script), 'app');
    await until('its netns', async () => 'inode' in (await located()));
    await expectOwn();
  });

  test('a pod that mounts over its /proc, and over the /proc of whoever would look inside → found: nothing below its root is looked at', async () => {
    pod.run(['unshare', '-m', ...inNetns(pod, 'sh', '-c', 'mount -t tmpfs none /proc 2>/dev/null || mount -t tmpfs none /tmp; exec sleep infinity')]);
    await until('its netns', async () => 'inode' in (await located()));
    await expectOwn();
  });

  test('a pod all of whose processes are in the netns of the node → refused, without and with its IP', async () => {
    pod.run(['sleep', 'infinity']);
    await until('its process', async () => (await new PodProcesses().groups(pod.uid)).length === 1);
    expect(await located()).toMatchObject({ ...notFound, message: expect.stringContaining("node's own network namespace") });
    expect(await located({ podIPs: [] })).toMatchObject({ ...notFound, message: expect.stringContaining("node's own network namespace") });
  });
});
