// What of a Debian system comes into the image, as a root folder. Prints the packages of which something is in it.
// usage: image-system.mjs FOLDER, as root, on a system that has it all
import { existsSync } from 'node:fs';
import { copySystem } from './system-root.mjs';

/** What the agent runs, and what runs the agent. */
const PROGRAMS = ['node', 'tcpdump', 'nsenter', 'setpriv', 'prlimit', 'unshare', 'flock', 'ip', 'gzip', 'zstd'];
/** Whole: the C library, a shell and the basic tools for who looks into a pod, and what names ports and authorities. */
const PACKAGES = ['base-files', 'ca-certificates', 'coreutils', 'dash', 'findutils', 'grep', 'libc6', 'netbase', 'sed'];
/** Made when packages were installed, so no package's; and settings of what is above. */
const FILES = ['/etc/passwd', '/etc/group', '/etc/nsswitch.conf', '/etc/ssl/certs', '/etc/ssl/openssl.cnf', '/usr/lib/ssl', '/etc/iproute2', '/etc/ld.so.conf', '/etc/ld.so.conf.d'];
/** Folders that are links where Debian has merged them, and what a distribution of Node may bring besides its program. */
const IF_THERE = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/usr/local/LICENSE'];
/** Documentation but the licences, character sets that nothing here converts to, and what only an installation runs. */
const LEFT_OUT = /^\/usr\/share\/(doc|man|info|locale|lintian|bash-completion|base-files)\/|\/gconv\/|^\/usr\/sbin\/update-ca-certificates$|^\/etc\/(ca-certificates|update-motd\.d|skel)\//;

const [, , folder] = process.argv;
if (!folder) throw new Error('usage: image-system.mjs FOLDER');
const packages = copySystem(folder, { programs: PROGRAMS, packages: PACKAGES, leftOut: LEFT_OUT, files: [...FILES, ...IF_THERE.filter((file) => existsSync(file))] });
console.log(packages.join('\n'));
