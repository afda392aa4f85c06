// One capture of ours during a flood, from kubectl apply to Complete.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { content, manifests, pcaps } from '../../../e2e/support/bucket.js';
import { whileCapturing } from '../../support/own-capture.js';
import { flood, type FloodKind } from './send.js';
import { TARGET, type Scene } from './scene.js';
import { packetsIn, shareOf, type Share } from './share.js';

/** Defaults, but for a spool that holds a flood: what a ring overwrites is its size's business, and is reported; here it is what tcpdump gets. */
export const SPEC = { target: { podName: TARGET }, ring: { fileSize: '100M' }, spool: { maxSize: '4Gi' } };

/** `look`: at what is in the bucket, before it is removed. */
export async function shareOfOurs(scene: Scene, name: string, kind: FloodKind, seed: string, look: (prefix: string, packets: number) => Promise<void> = () => Promise.resolve()): Promise<Share> {
  let packets = NaN;
  const sent = await whileCapturing(scene, name, SPEC, () => flood(scene.target, kind, seed), async ({ status }) => {
    const prefix = status?.run?.destination?.prefix;
    if (prefix === undefined) throw new Error(`${name}: its status names no prefix`);
    packets = await listed(prefix);
    await look(prefix, packets);
  });
  return shareOf(packets, sent);
}

/** Packets of all files in the bucket, as the run's manifests have them. */
async function listed(prefix: string): Promise<number> {
  const stored = new Set((await pcaps(prefix)).map(({ key }) => key));
  const files = [...(await manifests(prefix)).values()].flatMap((manifest) => {
    if (manifest.segments.length > 0) throw new Error(`${prefix}: the manifest has segments, which nobody counts here`);
    return manifest.files;
  });
  const uploaded = files.filter(({ state }) => state === 'uploaded');
  const missing = uploaded.filter(({ key }) => !stored.has(key ?? ''));
  if (missing.length > 0) throw new Error(`not in the bucket: ${missing.map(({ key }) => key).join(', ')}`);
  return uploaded.reduce((sum, { packets }) => sum + packets, 0);
}

/** Reads all files back and counts what is in them, which must be what the manifests say. */
export async function recount(prefix: string, packets: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-flood-'));
  try {
    let counted = 0;
    for (const { key } of await pcaps(prefix)) {
      const file = join(folder, 'file.pcap');
      await writeFile(file, await content(key));
      counted += await packetsIn([file]);
    }
    if (counted !== packets) throw new Error(`${prefix}: ${counted} packets are in the bucket, ${packets} in the manifests`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
