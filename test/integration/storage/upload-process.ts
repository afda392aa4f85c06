// Uploads the files named in FILES to keys under PREFIX, two at a time as the agent does, and prints by how much its memory grew.
import { stat } from 'node:fs/promises';
import { createUploader } from '../../../src/agent/upload/uploader.js';
import { never, sandboxStore } from './sandbox-bucket.js';

const MIB = 1024 * 1024;
const rssMiB = (): number => process.memoryUsage.rss() / MIB;

async function main(): Promise<void> {
  const { FILES = '', PREFIX = '' } = process.env;
  const store = sandboxStore();
  // Modules and the first connection are the program's own size, not the upload's.
  await store.head(`${PREFIX}none`, never());
  const up = createUploader({ store, concurrency: 2 });
  const before = rssMiB();
  let peak = before;
  const sampling = setInterval(() => (peak = Math.max(peak, rssMiB())), 5);
  const delivered = await Promise.all(
    FILES.split(',').map(async (path, i) => up.deliver({ key: `${PREFIX}file${i}`, path, start: 0, end: (await stat(path)).size, target: 't', packets: 1 }, never())),
  );
  clearInterval(sampling);
  process.stdout.write(JSON.stringify({ beforeMiB: before, growthMiB: peak - before, delivered }));
}

void main();
