// Lists the objects of a bucket under a prefix, or fetches one: bucket.mjs list PREFIX | get KEY FILE. The bucket is that of the SANDBOX_S3_ variables.
import { Client } from 'minio';

const { SANDBOX_S3_ENDPOINT, SANDBOX_S3_REGION, SANDBOX_S3_BUCKET, SANDBOX_S3_ACCESS_KEY_ID, SANDBOX_S3_SECRET_ACCESS_KEY } = process.env;
const { hostname, port, protocol } = new URL(SANDBOX_S3_ENDPOINT);
const client = new Client({
  endPoint: hostname,
  useSSL: protocol === 'https:',
  ...(port && { port: Number(port) }),
  region: SANDBOX_S3_REGION,
  accessKey: SANDBOX_S3_ACCESS_KEY_ID,
  secretKey: SANDBOX_S3_SECRET_ACCESS_KEY,
});

async function run([verb, key, file]) {
  if (verb === 'list') {
    for await (const { name, size } of client.listObjectsV2(SANDBOX_S3_BUCKET, key, true)) console.log(`${String(size).padStart(10)}  ${name}`);
  } else if (verb === 'get') {
    await client.fGetObject(SANDBOX_S3_BUCKET, key, file);
  } else {
    throw new Error('usage: bucket.mjs list PREFIX | get KEY FILE');
  }
}

run(process.argv.slice(2)).catch((error) => {
  console.error([error.code, error.message].filter(Boolean).join(': '));
  process.exitCode = 1;
});
