// The destination under test: the sandbox's bucket, under a prefix of the test's own.
import { apply, kubectl } from './kubectl.js';
import { removeAll, S3 } from './bucket.js';

export const SYSTEM_NAMESPACE = 'packetcapture-system';

const secret = (name: string, accessKeyId: string, secretAccessKey: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: SYSTEM_NAMESPACE },
  stringData: { accessKeyId, secretAccessKey },
});

export const destinationObject = (name: string, secretName: string, s3: object = {}): object => ({
  apiVersion: 'packetcapture.dev/v1alpha1',
  kind: 'ClusterCaptureDestination',
  metadata: { name },
  spec: { s3: { endpoint: S3.endpoint, region: S3.region, bucket: S3.bucket, prefix: `${name}/`, auth: { secretRef: { name: secretName } }, ...s3 } },
});

/** A destination with good keys and an empty prefix of its own, Ready. Captures name it. */
export async function readyDestination(name: string, s3: { bucket?: string } = {}): Promise<{ storage: { destinationRef: { name: string } } }> {
  await removeAll(`${name}/`, s3.bucket);
  await apply(secret(name, S3.accessKey, S3.secretKey), destinationObject(name, name, s3));
  await kubectl(['wait', '--for=condition=Ready', `clustercapturedestinations.packetcapture.dev/${name}`, '--timeout=60s']);
  return { storage: { destinationRef: { name } } };
}

export const applyKeys = (name: string, accessKeyId: string, secretAccessKey: string): Promise<string> => apply(secret(name, accessKeyId, secretAccessKey));

/** What a test file made: its namespace, its destinations, and what they hold in the bucket. */
export async function cleanUp(namespace: string, ...destinations: string[]): Promise<void> {
  await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=150s']);
  for (const name of destinations) {
    await kubectl(['delete', 'clustercapturedestinations.packetcapture.dev', name, '--ignore-not-found']);
    await kubectl(['delete', 'secret', name, '-n', SYSTEM_NAMESPACE, '--ignore-not-found']);
    await removeAll(`${name}/`);
  }
}
