// upload.compression with the real tcpdump, the real compressors and a real bucket: what arrives unpacks to whole pcaps with every number.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import { manifestSchema, type ManifestFile } from '../../../src/protocol/manifest.js';
import { startFaultProxy, type FaultProxy } from '../storage/fault-proxy.js';
import { bucket, ownPrefix, removeAll } from '../storage/sandbox-bucket.js';
import { jobConfig, TestNode, type AgentProcess, type JobOverrides } from './harness/agent-process.js';
import { TestPod } from './harness/namespace.js';
import { expectBalanced } from './harness/oracle.js';
import { readSavefile, send, startSending } from './harness/traffic.js';

jest.setTimeout(60_000);

const UNPACK = { None: ['cat'], Gzip: ['gzip', '-dc'], Zstd: ['zstd', '-dcq'] } as const;
const SUFFIX = { None: '.pcap', Gzip: '.pcap.gz', Zstd: '.pcap.zst' } as const;
type Compression = keyof typeof UNPACK;
const COMPRESSIONS = ['Gzip', 'Zstd'] as const;
const STOP = { reason: 'Requested' };

let pod: TestPod;
let proxy: FaultProxy;
let prefix: string;
let node: TestNode;
beforeEach(async () => {
  prefix = ownPrefix();
  proxy = await startFaultProxy(bucket.endpoint);
  pod = new TestPod();
  pod.run();
});
afterEach(async () => {
  await node.remove();
  pod.remove();
  await proxy.close();
  await removeAll(prefix);
});

function nodeWith(compression: Compression, overrides: JobOverrides = {}): TestNode {
  return new TestNode(jobConfig({ ...overrides, upload: { compression }, destination: { endpoint: proxy.endpoint, region: bucket.region, bucket: bucket.name, prefix } }));
}

function startAgent(podUID = 'agent-1'): AgentProcess {
  const folder = join(node.folder, `pod-${podUID}`);
  mkdirSync(folder, { recursive: true });
  for (const [name, value] of Object.entries(bucket.credentials)) writeFileSync(join(folder, name), value);
  return node.start(podUID, { TEST_BUCKET: '' });
}

/** By minio alone: another eye on the bucket than the code under test. */
async function objects(): Promise<Map<string, Buffer>> {
  const { hostname, port } = new URL(bucket.endpoint);
  const { accessKeyId, secretAccessKey } = bucket.credentials;
  const client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, region: bucket.region, accessKey: accessKeyId, secretKey: secretAccessKey });
  const found = new Map<string, Buffer>();
  for await (const { name } of client.listObjectsV2(bucket.name, prefix, true) as AsyncIterable<{ name: string }>) {
    const chunks: Buffer[] = [];
    for await (const chunk of await client.getObject(bucket.name, name)) chunks.push(chunk as Buffer);
    found.set(name, Buffer.concat(chunks));
  }
  return found;
}

const isManifest = (key: string): boolean => key.includes('/manifest/');
const unpack = (compression: Compression, packed: Buffer): Buffer => {
  const [tool, ...args] = UNPACK[compression];
  return execFileSync(tool, args, { input: packed, maxBuffer: 1e9 });
};

/** What the bucket holds of the run, checked against the last manifest. `lossy`: the store may have taken a file in the moment in which it was let go. */
async function delivered(compression: Compression, attempt = 1, lossy = false) {
  const found = await objects();
  const read = (key: string): unknown => JSON.parse((found.get(key) as Buffer).toString());
  const manifest = manifestSchema.parse(read([...found.keys()].find((key) => key.endsWith(`/manifest/node-a-0${attempt}.json`)) as string));
  const entries = [...manifest.segments.flatMap(({ key }) => read(key) as ManifestFile[]), ...manifest.files];
  const uploaded = entries.filter(({ state }) => state === 'uploaded');
  const known = new Set(uploaded.map(({ key }) => key));
  const files = [...found].filter(([key]) => !isManifest(key) && (!lossy || known.has(key))).map(([key, packed]) => ({ key, packed, pcap: unpack(compression, packed) }));
  expect(uploaded.map(({ key, size, pcapBytes }) => ({ key, size, pcapBytes })).sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1))).toEqual(files.map(({ key, packed, pcap }) => ({ key, size: packed.length, pcapBytes: compression === 'None' ? undefined : pcap.length })));
  expect(files.every(({ key }) => key.endsWith(SUFFIX[compression]))).toBe(true);
  expect(manifest.ledger.bytes.uploaded).toBe(files.reduce((sum, { pcap }) => sum + pcap.length, 0));
  return { files, numbers: files.flatMap(({ pcap }) => readSavefile(pcap).map((r) => r.number)) };
}

test.each(COMPRESSIONS)('%s: every number arrives once in whole pcaps that Wireshark opens, and the ledger counts pcap bytes', async (compression) => {
  node = nodeWith(compression, { ring: { fileSizeBytes: 1e6 } });
  const agent = startAgent();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  await send(pod, { count: 6000, perSecond: 3000, bytes: 900 });
  await agent.untilCaptured(6000);
  agent.control({ targets: [pod.target], stop: STOP });
  expect(await agent.exited).toBe(0);
  expectBalanced(agent.report);
  const { files, numbers } = await delivered(compression);
  expect(numbers).toEqual(Array.from({ length: 6000 }, (_, n) => n));
  expect(files.length).toBeGreaterThan(4);
  expect(agent.report.ledger.bytes).toMatchObject({ uploaded: files.reduce((sum, { pcap }) => sum + pcap.length, 0), pending: 0, discarded: 0 });
  expect(agent.report.recentFiles.map(({ key, size }) => ({ key, size }))).toContainEqual({ key: files[0]?.key, size: files[0]?.packed.length });

  const folder = mkdtempSync(join(tmpdir(), 'wireshark-'));
  const path = join(folder, `file${SUFFIX[compression]}`);
  writeFileSync(path, files[0]?.packed as Buffer);
  const packets = readSavefile(files[0]?.pcap as Buffer).length;
  expect(execFileSync('capinfos', ['-Tcr', path], { encoding: 'utf8' })).toMatch(new RegExp(`\\t${packets}\\b`));
  expect(execFileSync('tshark', ['-r', path, '-T', 'fields', '-e', 'frame.number'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n')).toHaveLength(packets);
  rmSync(folder, { recursive: true });
});

test.each(COMPRESSIONS)('%s: an agent killed while it compresses leaves no child behind, and the next one delivers everything once', async (compression) => {
  node = nodeWith(compression, { ring: { fileSizeBytes: 3e6 } });
  const agent = startAgent();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  await proxy.down();
  await send(pod, { count: 9000, perSecond: 4500, bytes: 1400 });
  await agent.untilCaptured(9000);
  // The store takes the body so slowly that the compressor still waits to hand on what it has.
  proxy.decide = ({ method, key }) => (method === 'PUT' && !isManifest(key) ? { kind: 'stall', afterBytes: 1000 } : undefined);
  await proxy.up();
  while (!proxy.seen.some(({ method, key }) => method === 'PUT' && !isManifest(key))) await new Promise((resolve) => setTimeout(resolve, 20));
  await agent.kill();
  proxy.decide = () => undefined;
  const next = startAgent();
  next.control({ targets: [pod.target], stop: STOP });
  expect(await next.exited).toBe(0);
  expectBalanced(next.report);
  const { numbers } = await delivered(compression);
  expect(numbers).toEqual(Array.from({ length: 9000 }, (_, n) => n));
  expect(readdirSync(node.spool)).toEqual([]);
});

test('a compressor that is killed is tried again, costs nothing, and is named while it lasts', async () => {
  node = nodeWith('Gzip', { ring: { fileSizeBytes: 1e6 } });
  const agent = startAgent();
  const killing = setInterval(() => {
    for (const pid of childrenOf(agent.child.pid as number)) killIf(pid, 'gzip');
  }, 1);
  try {
    agent.control({ targets: [pod.target] });
    await agent.untilCapturing();
    await send(pod, { count: 2000, perSecond: 4000, bytes: 1400 });
    await agent.until((r) => r.delivery?.reason === 'CompressionFailed', 'the failure is told');
    expect(agent.report.delivery).toMatchObject({ ok: false, message: 'gzip: killed by SIGKILL' });
  } finally {
    clearInterval(killing);
  }
  await agent.untilCaptured(2000);
  agent.control({ targets: [pod.target], stop: STOP });
  expect(await agent.exited).toBe(0);
  expect(agent.report.delivery).toMatchObject({ ok: true });
  expect((await delivered('Gzip')).numbers).toEqual(Array.from({ length: 2000 }, (_, n) => n));
});

test.each([['None', 400_000], ['Gzip', 24_000], ['Zstd', 24_000]] as const)('%s: under a flood, and with a store slower than it, files arrive, the spool keeps its bound, and what went is counted', async (compression, bytesPerSecond) => {
  const maxSizeBytes = 12e6;
  node = nodeWith(compression, { ring: { fileSizeBytes: 1e6 }, spool: { maxSizeBytes } });
  proxy.decide = ({ method, key }) => (method === 'PUT' && !isManifest(key) ? { kind: 'throttle', bytesPerSecond } : undefined);
  const agent = startAgent();
  agent.control({ targets: [pod.target] });
  await agent.untilCapturing();
  let most = 0;
  const sampling = setInterval(() => (most = Math.max(most, diskBytes(node))), 3);
  const traffic = startSending(pod, { perSecond: 8000, bytes: 1400 });
  await agent.until((r) => r.ledger.packets.discarded > 3000 && r.ledger.packets.uploaded > 0, 'files go both ways');
  const sent = await traffic.stop();
  clearInterval(sampling);
  proxy.decide = () => undefined;
  agent.control({ targets: [pod.target], stop: STOP });
  expect(await agent.exited).toBe(0);
  expect(most).toBeLessThanOrEqual(maxSizeBytes);
  expect(most).toBeGreaterThan(maxSizeBytes / 3);
  expectBalanced(agent.report);
  const { packets } = agent.report.ledger;
  const { numbers } = await delivered(compression, 1, true);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers).toHaveLength(packets.uploaded);
  expect(packets.captured).toBe(packets.uploaded + packets.discarded);
  expect(sent.length - numbers.length).toBeLessThanOrEqual(packets.discarded + packets.droppedByKernel);
  expect(agent.report.discards).toEqual({ SpoolFull: packets.discarded });
});

/** One that is gone meanwhile is gone. */
function killIf(pid: number, name: string): void {
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8') === `${name}\n`) process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Bytes that the spool takes of the disk. A file that goes while it is counted counts as gone. */
function diskBytes({ spool, spoolFiles }: TestNode): number {
  return spoolFiles.reduce((sum, path) => {
    try {
      const stat = lstatSync(join(spool, path));
      return stat.isFile() ? sum + stat.blocks * 512 : sum;
    } catch {
      return sum;
    }
  }, 0);
}
