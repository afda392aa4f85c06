// The shipped examples, as `make demo` applies them: two pods that talk to each other, and the sandbox's bucket as the default destination.
import { readFile } from 'node:fs/promises';
import { apply, kubectl } from './kubectl.js';
import { S3 } from './bucket.js';
import { runningPodIP } from './workload.js';
import { parseAllDocuments } from 'yaml';

export const DEMO_NAMESPACE = 'packetcapture-demo';

export async function documents(file: string): Promise<Record<string, unknown>[]> {
  return parseAllDocuments(await readFile(file, 'utf8')).map((document) => document.toJS() as Record<string, unknown>).filter((object) => object !== null);
}

export async function demoPods(): Promise<void> {
  await kubectl(['apply', '-f', 'examples/demo/pods.yaml']);
  await Promise.all(['receiver', 'sender'].map((name) => runningPodIP(DEMO_NAMESPACE, name)));
}

/** examples/destination.yaml with the values that it marks as the user's own. */
export async function demoDestination(): Promise<void> {
  const objects = await documents('examples/destination.yaml');
  const secret = objects.find((o) => o['kind'] === 'Secret') as { stringData: Record<string, string> };
  secret.stringData = { accessKeyId: S3.accessKey, secretAccessKey: S3.secretKey };
  const destination = objects.find((o) => o['kind'] === 'ClusterCaptureDestination') as { metadata: { name: string }; spec: { s3: object } };
  destination.spec.s3 = { ...destination.spec.s3, endpoint: S3.endpoint, region: S3.region, bucket: S3.bucket };
  await apply(...objects);
  await kubectl(['wait', '--for=condition=Ready', `clustercapturedestinations.packetcapture.dev/${destination.metadata.name}`, '--timeout=60s']);
}
