// Plain tools in the pod's netns, each with its savefile on the disk that has the spools.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../integration/eventually.js';
import { flood, type FloodKind } from './send.js';
import type { Scene } from './scene.js';
import { packetsIn, shareOf, type Share } from './share.js';

/** What writes a file, and how it is known to listen. */
export interface Tool {
  argv(file: string): [string, ...string[]];
  listens: RegExp;
}

/** As people type it. */
export const tcpdump: Tool = { argv: (file) => ['tcpdump', '-i', 'eth0', '-w', file], listens: /listening on/ };
/** As its man page has it for capturing to a file; --silent: it prints no packets. */
export const netsniff: Tool = { argv: (file) => ['netsniff-ng', '--in', 'eth0', '--out', file, '--silent'], listens: /Running! Hang up/ };

/** What of a flood is in the tool's file. */
export async function sharePlain(scene: Scene, tool: Tool, kind: FloodKind, seed: string): Promise<Share> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-flood-'));
  try {
    const capturing = await start([...scene.target.enter, ...tool.argv(join(folder, 'flood.pcap'))], tool.listens);
    const sent = await flood(scene.target, kind, seed).finally(capturing.stop);
    return shareOf(await packetsIn((await readdir(folder)).map((name) => join(folder, name))), sent);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** libpcap hands a block over after a second at the latest. */
const LAST_BLOCK_MS = 1500;

/** Resolves when it says that it listens; `stop` when it has written all that came. */
export async function start([command, ...args]: [string, ...string[]], listens: RegExp): Promise<{ stop: () => Promise<void> }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => void child.on('close', () => resolve()).on('error', () => resolve()));
  const stop = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, LAST_BLOCK_MS));
    child.kill('SIGINT');
    await ended;
  };
  await eventually(`${args.join(' ')} listens`, () => listens.test(said)).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw new Error(said, { cause: error });
  });
  return { stop };
}
