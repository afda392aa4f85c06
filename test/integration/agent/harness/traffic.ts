// Numbered datagrams into a pod, and the numbers that savefiles hold. Read here by hand: the agent's own scanner is under test.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestPod } from './namespace.js';
import type { Sent } from './oracle.js';

const SENDER = fileURLToPath(new URL('./send.mjs', import.meta.url));
export const PORT = 9999;
export const FILTER = `udp dst port ${PORT}`;

export interface Traffic {
  first?: number;
  count: number;
  perSecond: number;
  bytes?: number;
  /** Where from and to: by default from the peer to the pod. */
  netns?: string;
  address?: string;
}

/** Traffic in the background: ends when told to. Resolves with what was sent. */
export function startSending(pod: TestPod, traffic: Omit<Traffic, 'count'>): { stop: () => Promise<Sent[]> } {
  const sending = spawnSender(pod, { ...traffic, count: 1e8 });
  return {
    stop: () => {
      sending.child.kill('SIGTERM');
      return sending.sent;
    },
  };
}

/** Resolves with what was sent, when all was sent. */
export async function send(pod: TestPod, traffic: Traffic): Promise<Sent[]> {
  const { sent } = spawnSender(pod, traffic);
  const all = await sent;
  if (all.length !== traffic.count) throw new Error(`sender ended after ${all.length} of ${traffic.count}`);
  return all;
}

function spawnSender(pod: TestPod, { first = 0, count, perSecond, bytes = 100, netns = pod.peerNetns, address = pod.podIP }: Traffic): { child: ChildProcess; sent: Promise<Sent[]> } {
  const args = [`--net=/run/netns/${netns}`, process.execPath, SENDER, address, String(PORT), String(first), String(count), String(perSecond), String(bytes)];
  const child = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  pod.own(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const sent = new Promise<Sent[]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      const lines = output.slice(0, output.lastIndexOf('\n') + 1).split('\n').filter(Boolean);
      resolve(lines.map((line) => line.split(' ').map(Number)).map(([number = 0, ms = 0, untilMs = 0]) => ({ number, ms, untilMs })));
    });
  });
  return { child, sent };
}

export interface Record {
  number: number;
  us: number;
}

/** Every numbered packet of a little-endian microsecond savefile; throws where the file does not end with a whole record. */
export function readSavefile(file: Buffer): Record[] {
  if (file.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error('no savefile');
  const records: Record[] = [];
  let at = 24;
  while (at < file.length) {
    const captured = file.readUInt32LE(at + 8);
    const data = file.subarray(at + 16, at + 16 + captured);
    if (data.length !== captured) throw new Error(`torn record at ${at}`);
    const mark = data.indexOf('PKT');
    if (mark >= 0) records.push({ number: Number(data.toString('latin1', mark + 3, mark + 12)), us: file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4) });
    at += 16 + captured;
  }
  return records;
}
