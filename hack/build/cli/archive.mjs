// A .tar.gz that is the same bytes for the same files: by name, without owners and times.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SAME = ['--format=ustar', '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];

/** Packs what is in a folder, at the archive's root. */
export async function pack(folder, archive) {
  const names = (await readdir(folder)).sort();
  await rm(archive, { force: true });
  // Without -n gzip notes its time.
  await run('tar', ['--create', '--use-compress-program', 'gzip -n -6', '--file', archive, ...SAME, '--directory', folder, ...names], { env: { ...process.env, LC_ALL: 'C' } });
}

export async function sha256(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
