// The kubectls of this machine: the one beside the API server under test, and those of PATH.
import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';

export interface Kubectl {
  binary: string;
  /** As it says itself: v1.20.2. */
  version: string;
  /** Of 1.20: `minor` is 20. */
  minor: number;
}

export function kubectls(): Kubectl[] {
  const folders = [process.env['KUBEBUILDER_ASSETS'] ?? '', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  const binaries = folders.map((folder) => path.join(folder, 'kubectl')).filter((binary) => path.isAbsolute(binary) && existsSync(binary));
  const found = [...new Set(binaries.map((binary) => realpathSync(binary)))].map((binary): Kubectl => {
    const { clientVersion } = JSON.parse(execFileSync(binary, ['version', '--client', '--output=json'], { encoding: 'utf8' })) as { clientVersion: { gitVersion: string; minor: string } };
    return { binary, version: clientVersion.gitVersion, minor: Number.parseInt(clientVersion.minor, 10) };
  });
  return found.filter(({ version }, index) => found.findIndex((other) => other.version === version) === index);
}
