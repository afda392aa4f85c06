// Asks and sends to every store of ENDPOINTS, two at a time as the agent does, and prints what it met and by how much its memory grew.
import { authoritiesFromFolder } from '../../../../src/storage/authorities.js';
import { bytesBody } from '../../../../src/storage/body.js';
import { createS3Store } from '../../../../src/storage/s3.js';

const rssMiB = (): number => process.memoryUsage.rss() / (1024 * 1024);
const never = new AbortController().signal;

async function main(): Promise<void> {
  const { ENDPOINTS = '', AUTHORITIES, FIRST = '' } = process.env;
  const storeAt = (endpoint: string) =>
    createS3Store({ endpoint, region: 'us-east-1', bucket: 'captures', addressing: 'Path', credentials: () => Promise.resolve({ accessKeyId: 'CANARY', secretAccessKey: 'canary-secret' }), limits: { stallMs: 3000, requestMs: 3000 }, ...(AUTHORITIES !== undefined && { authorities: authoritiesFromFolder(AUTHORITIES) }) });
  // Modules and the first connection are the program's own size.
  if (FIRST) await storeAt(FIRST).head('first', never);
  const before = rssMiB();
  let peak = before;
  const sampling = setInterval(() => (peak = Math.max(peak, rssMiB())), 5);
  const outcomes: string[][] = [];
  const waiting = ENDPOINTS.split(',');
  const work = async (): Promise<void> => {
    for (let endpoint = waiting.shift(); endpoint !== undefined; endpoint = waiting.shift()) {
      const store = storeAt(endpoint);
      const verbs = [() => store.get('k', 1000, never), () => store.put('k', bytesBody(Buffer.from('x')), 'x/y', never), () => store.listUnfinished('', never), () => store.head('k', never)];
      const met: string[] = [];
      for (const verb of verbs) {
        await verb().then(
          () => met.push('nothing'),
          (error: Error & { reason?: string }) => met.push(error.reason ?? String(error)),
        );
      }
      outcomes.push(met);
    }
  };
  await Promise.all([work(), work()]);
  clearInterval(sampling);
  process.stdout.write(JSON.stringify({ growthMiB: peak - before, outcomes }));
}

void main();
