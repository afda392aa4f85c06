// A certificate authority of one test's own, by openssl.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const VALID = ['-days', '2'];

export interface Certificate {
  certFile: string;
  keyFile: string;
}

export interface Authority {
  caFile: string;
  /** Groups become the subject's O, as Kubernetes reads it; addresses (`IP:…`, `DNS:…`) are for servers. */
  issue(commonName: string, options: { groups?: string[]; addresses?: string[]; /** -1: expired yesterday. */ days?: number }): Promise<Certificate>;
}

export async function createAuthority(folder: string): Promise<Authority> {
  const caFile = path.join(folder, 'ca.crt');
  const caKeyFile = path.join(folder, 'ca.key');
  await run('openssl', ['req', '-x509', ...NEW_KEY, ...VALID, '-subj', '/CN=test-ca', '-keyout', caKeyFile, '-out', caFile]);
  let serial = 0;

  return {
    caFile,
    async issue(commonName, { groups = [], addresses = [], days = 2 }) {
      const base = path.join(folder, `certificate-${++serial}`);
      const [certFile, keyFile, requestFile, extensionFile] = [`${base}.crt`, `${base}.key`, `${base}.csr`, `${base}.ext`];
      const subject = [...groups.map((group) => `/O=${escapeSubject(group)}`), `/CN=${escapeSubject(commonName)}`].join('');
      await writeFile(extensionFile, addresses.length > 0 ? `extendedKeyUsage=serverAuth\nsubjectAltName=${addresses.join(',')}\n` : 'extendedKeyUsage=clientAuth\n');
      await run('openssl', ['req', '-new', ...NEW_KEY, '-subj', subject, '-keyout', keyFile, '-out', requestFile]);
      await run('openssl', ['x509', '-req', '-in', requestFile, '-CA', caFile, '-CAkey', caKeyFile, '-set_serial', `${Date.now()}${serial}`, '-days', String(days), '-extfile', extensionFile, '-out', certFile]);
      return { certFile, keyFile };
    },
  };
}

const escapeSubject = (text: string): string => text.replace(/[\\/+]/g, '\\$&');
