// Figure 11: how large the image is, and how long a node that has never seen it takes until its first instruction.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { apply, kubectl } from '../../e2e/support/kubectl.js';
import { freshNamespace, NODES, pod, podStatus } from '../../e2e/support/workload.js';
import { eventually } from '../../integration/eventually.js';
import type { Bench, Comparison, Figure } from '../framework/figure.js';
import { inTurn } from '../framework/rounds.js';
import { compressedBytes, unpackedBytes, unseenCopy } from './image/oci.js';

const NAMESPACE = 'bench-image';
const NODE = NODES[0] ?? '';
const IMAGES = fileURLToPath(new URL('../../../hack/bench/images', import.meta.url));
const OURS = 'our image';
const THEIRS = 'Debian with tcpdump alone';
/** Both images have it. */
const FIRST_INSTRUCTION = ['date', '+%s%3N'];

const megabytes = (bytes: number): number => Math.round(bytes / 1e4) / 100;
const run = promisify(execFile);
const ctr = (...args: string[]): Promise<unknown> => run(IMAGES, ['ctr', NODE, ...args]);

/** From an archive with compressed layers to the first instruction of a pod, in seconds; nothing of it was on the node, and nothing stays. */
async function coldStart(folder: string, of: string, name: string): Promise<number> {
  const copy = join(folder, name);
  const image = `localhost/bench-image:${name}`;
  unseenCopy(join(folder, of), copy, image);
  await run('tar', ['-cf', `${copy}.tar`, '-C', copy, '.']);
  try {
    const began = Date.now();
    await ctr('images', 'import', `${copy}.tar`);
    await apply(pod(NAMESPACE, name, FIRST_INSTRUCTION, { node: NODE, spec: { restartPolicy: 'Never' }, container: { image } }));
    await eventually(`${name} ended`, async () => (await podStatus(NAMESPACE, name))?.status.phase === 'Succeeded', { timeoutMs: 60_000, everyMs: 300 });
    return (Number(await kubectl(['logs', name, '-n', NAMESPACE])) - began) / 1000;
  } finally {
    await kubectl(['delete', 'pod', name, '-n', NAMESPACE, '--ignore-not-found']);
    await ctr('images', 'rm', '--sync', image);
    for (const made of [copy, `${copy}.tar`]) rmSync(made, { recursive: true, force: true });
  }
}

async function measure(bench: Bench): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-image-'));
  try {
    await run(IMAGES, ['push', folder]);
    await freshNamespace(NAMESPACE);
    let count = 0;
    const start = (of: string) => (): Promise<number> => coldStart(folder, of, `${of}-${(count += 1)}`);
    const started = await inTurn(bench, { ours: start('ours'), theirs: start('theirs') });
    const of = (size: (folder: string) => number): Comparison['samples'] => ({ ours: [megabytes(size(join(folder, 'ours')))], theirs: [megabytes(size(join(folder, 'theirs')))] });
    return [
      { id: 'image.compressed', ours: `${OURS}, compressed as a registry keeps it`, theirs: THEIRS, unit: 'MB', samples: of(compressedBytes), as: 'value', better: 'less', limits: { goal: 80 }, margin: 0.03, note: 'a size has no scatter: one sample.' },
      { id: 'image.unpacked', ours: `${OURS}, unpacked on a node`, theirs: THEIRS, unit: 'MB', samples: of(unpackedBytes), as: 'value', better: 'less', limits: {}, margin: 0.03 },
      { id: 'image.cold-start', ours: `import of ${OURS} + start of a pod until its first instruction`, theirs: `the same of ${THEIRS}`, unit: 's', samples: started, as: 'ratio', better: 'less', limits: {}, margin: 0.25 },
    ];
  } finally {
    await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
    rmSync(folder, { recursive: true, force: true });
  }
}

export const image: Figure = {
  number: 11,
  name: 'image',
  title: 'The image',
  method:
    'Ours is the image of this checkout, by its Dockerfile. Theirs is a minimal Debian of the same release with `apt-get install tcpdump` and nothing more, without package lists and, as in the slim images, without documentation: what somebody has who builds an image for captures by hand. ' +
    'Both are pushed by buildah, which compresses each layer with gzip as a push to a registry does; their sizes are the sums of the layers. Cold start: the compressed image is imported into a node’s containerd (`ctr images import`: checked, decompressed and unpacked), then `kubectl apply` of a pod on that node, until its first instruction (`date`, in both). ' +
    'Each import is of a copy with another file below all layers, so that the node has nothing of it unpacked, and is removed again. Not measured: the transfer from a registry, since there is none here; that is the compressed size by your network’s rate. The files are in the page cache of the machine when they are read. The image’s base is a stand-in for `node:24-bookworm-slim`, made of Debian’s and Node’s own packages; of that base only what the image names comes in.',
  measure,
};
