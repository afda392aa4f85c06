// What of the image is not ours: Node and the Debian packages, as a bill of materials. dpkg-query's list on standard input, CycloneDX on standard output.
// usage: dpkg-query --show --showformat '${Package}\t${Version}\t${Architecture}\n' | node system-sbom.mjs RELEASE
import { readFileSync } from 'node:fs';
import { sbom } from './sbom.mjs';

const [release = 'debian'] = process.argv.slice(2);
const packages = readFileSync(0, 'utf8').trim().split('\n').sort().map((line) => {
  const [name, version, architecture] = line.split('\t');
  if (!name || !version || !architecture) throw new Error(`${JSON.stringify(line)} is no package of Debian`);
  return { name, version, purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=${release}` };
});
const node = { name: 'node', version: process.versions.node, purl: `pkg:generic/node@${process.versions.node}`, license: 'MIT' };
process.stdout.write(sbom({ name: 'packetcapture-image', version: release }, [node, ...packages]));
