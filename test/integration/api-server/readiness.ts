// One GET with a client certificate, without the client that the tests are about.
import { readFileSync } from 'node:fs';
import https from 'node:https';

export function getWithCertificate(url: string, { caFile, certFile, keyFile }: { caFile: string; certFile: string; keyFile: string }): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    https
      .get(url, { ca: readFileSync(caFile), cert: readFileSync(certFile), key: readFileSync(keyFile), agent: false, signal: AbortSignal.timeout(5000) }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('error', reject);
  });
}
