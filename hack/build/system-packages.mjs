// What dpkg knows of this system: whose a file is, which files a package has, and its entry in the list of packages.
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** Packages are named as dpkg names their lists: `dash`, or `libc6:amd64` where several architectures can have one. */
export function debianPackages(root = '/var/lib/dpkg') {
  const files = new Map(readdirSync(path.join(root, 'info')).filter((name) => name.endsWith('.list')).map((name) => [name.slice(0, -'.list'.length), linesOf(path.join(root, 'info', name))]));
  const owners = new Map([...files].flatMap(([name, list]) => list.map((file) => [merged(file), name])));
  const entries = readFileSync(path.join(root, 'status'), 'utf8').split(/\n\n+/).filter((entry) => entry.trim() !== '').map((entry) => [`${field(entry, 'Package')}:${field(entry, 'Architecture')}`, `${entry.trim()}\n`]);
  /** With an architecture it has to be that one. */
  const named = (pairs, name) => [...pairs].find(([key]) => key === name || key.startsWith(`${name}:`))?.[1];
  return {
    /** Of a path of which no folder is a link; undefined of what no package brought. */
    ownerOf: (file) => owners.get(file),
    filesOf(name) {
      const list = named(files, name);
      if (list === undefined) throw new Error(`the package ${name} is not installed`);
      return list;
    },
    statusOf(name) {
      const entry = named(entries, name);
      if (entry === undefined) throw new Error(`dpkg's list has no ${name}`);
      return entry;
    },
  };
}

const linesOf = (file) => readFileSync(file, 'utf8').split('\n').filter((line) => line !== '' && line !== '/.');
const field = (entry, name) => new RegExp(`^${name}: (.*)$`, 'm').exec(entry)?.[1];

const folders = new Map();
/** Packages have /bin/cat where /bin is a link to /usr/bin; folders that were removed are nobody's. */
function merged(file) {
  const folder = path.dirname(file);
  if (!folders.has(folder)) folders.set(folder, resolved(folder));
  return path.join(folders.get(folder), path.basename(file));
}

function resolved(folder) {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
