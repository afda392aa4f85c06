// Copies a part of this Debian system into a folder that can be the root of a container: what is asked for, and what that loads.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { debianPackages } from './system-packages.mjs';

/**
 * `programs` by their names, each with the libraries that it loads; `packages` whole but for what is `leftOut`; `files` and folders with all that is in them.
 * Every package of which something came in is in the folder's own list of packages, has its licence beside it, and is returned.
 */
export function copySystem(folder, { programs, packages, files, leftOut }) {
  const known = debianPackages();
  const copy = new Copy(folder, known);
  for (const file of files) copy.tree(file);
  for (const name of packages) for (const file of known.filesOf(name)) if (!leftOut.test(file)) copy.take(file);
  for (const program of programs) copy.take(execFileSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' }).trim());
  for (const name of [...copy.owners]) copyright(copy, name);
  const owners = [...copy.owners].sort();
  mkdirSync(path.join(folder, 'var/lib/dpkg'), { recursive: true });
  writeFileSync(path.join(folder, 'var/lib/dpkg/status'), owners.map((name) => known.statusOf(name)).join('\n'));
  return owners;
}

/** Licences stay with what they are of; packages of one source share a folder. */
function copyright(copy, name) {
  const folder = `/usr/share/doc/${name.split(':')[0]}`;
  if (lstatSync(folder).isSymbolicLink()) copy.take(folder);
  copy.take(path.join(realpathSync(folder), 'copyright'));
}

class Copy {
  #folder;
  #known;
  #taken = new Set();
  /** Packages of which something is in the copy. */
  owners = new Set();

  constructor(folder, known) {
    this.#folder = folder;
    this.#known = known;
  }

  /** A file with what it loads, a link with what it leads to, or a folder alone; and the folders above. */
  take(name) {
    const real = path.join(realpathSync(path.dirname(name)), path.basename(name));
    if (real === '/' || this.#taken.has(real)) return;
    this.#taken.add(real);
    this.take(path.dirname(real));
    const stat = lstatSync(real);
    const copy = path.join(this.#folder, real);
    if (stat.isDirectory()) {
      mkdirSync(copy, { recursive: true });
      chmodSync(copy, stat.mode & 0o7777);
      return;
    }
    this.#owned(real);
    if (stat.isSymbolicLink()) this.#link(real, copy);
    else this.#file(real, copy, stat);
  }

  tree(name) {
    this.take(name);
    if (lstatSync(name).isDirectory()) for (const entry of readdirSync(name)) this.tree(path.join(name, entry));
  }

  #link(real, copy) {
    symlinkSync(readlinkSync(real), copy);
    if (existsSync(real)) this.take(realpathSync(real));
  }

  #file(real, copy, stat) {
    // Such a program would give a container's user more than its security context does.
    if (stat.mode & 0o6000) throw new Error(`${real} is setuid or setgid`);
    copyFileSync(real, copy);
    chmodSync(copy, stat.mode & 0o777);
    utimesSync(copy, stat.atime, stat.mtime);
    for (const library of librariesOf(real)) this.take(library);
  }

  #owned(real) {
    const owner = this.#known.ownerOf(real);
    if (owner !== undefined) this.owners.add(owner);
  }
}

/** What the loader loads for a program or library; of any other file, nothing. */
function librariesOf(file) {
  if (readFileSync(file).subarray(0, 4).toString('latin1') !== '\x7fELF') return [];
  let text;
  try {
    text = execFileSync('ldd', [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    // That of one which needs none.
    if (error.status === 1) return [];
    throw error;
  }
  if (text.includes('not found')) throw new Error(`${file} needs what is not here:\n${text}`);
  return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, library]) => library);
}
