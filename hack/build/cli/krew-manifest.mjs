// The krew manifest of the plugin: https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/
import { stringify } from 'yaml';
import { COMPLETION } from './completion.mjs';

/** Every file of every archive; krew wants each one named, and links only `bin` into its own folder of the PATH. */
export const ARCHIVED = ['kubectl-pktcap', COMPLETION, 'LICENSE', 'THIRD_PARTY_NOTICES', 'sbom.cdx.json'];

/** `archives`: os, arch, file name and sha256 of each. `baseUrl`: the folder where a release puts them. */
export function krewManifest({ version, baseUrl, archives }) {
  const manifest = {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'pktcap' },
    spec: {
      version: `v${version}`,
      shortDescription: 'Capture packets of pods into a bucket',
      description: 'Starts, watches, explains, follows and downloads packet captures of pods.\nNeeds the PacketCapture operator (packetcapture.dev) in the cluster.\n',
      caveats: [
        'On Linux this needs glibc 2.28 or newer and libstdc++; on a Mac with an Intel processor, Node 20.19 or newer on the PATH.',
        'Completion, with kubectl 1.26 or newer:',
        `  cp "\${KREW_ROOT:-$HOME/.krew}"/store/pktcap/v${version}/${COMPLETION} "\${KREW_ROOT:-$HOME/.krew}"/bin/`,
        '',
      ].join('\n'),
      platforms: archives.map(({ os, arch, file, sha256 }) => ({
        selector: { matchLabels: { os, arch } },
        uri: `${baseUrl.replace(/\/+$/, '')}/${file}`,
        sha256,
        bin: 'kubectl-pktcap',
        files: ARCHIVED.map((from) => ({ from, to: '.' })),
      })),
    },
  };
  return stringify(manifest, { lineWidth: 0 });
}
