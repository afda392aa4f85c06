// A single executable of Node and a CommonJS bundle: https://nodejs.org/api/single-executable-applications.html
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { signAdHoc } from './macho-signature.mjs';
import { builderOf } from './platforms.mjs';
import { fetched } from './toolchain.mjs';

const run = promisify(execFile);
/** The mark in Node's binary that says whether something was put into it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Writes the executable of a platform that has a `node`. The same bundle makes the same bytes. */
export async function buildExecutable({ os, node }, bundle, outfile) {
  const work = await mkdtemp(path.join(tmpdir(), 'executable-'));
  try {
    const builder = path.join(await fetched(builderOf(node)), 'bin/node');
    const binary = path.join(await fetched(node), 'bin/node');
    if (os === 'darwin') await buildAtOnce(builder, binary, bundle, outfile, work);
    else await inject(builder, binary, bundle, outfile, work);
    await chmod(outfile, 0o755);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Runs Node with a configuration. What it writes holds the path of the script: so a relative one. */
async function make(builder, flag, work, bundle, more) {
  await copyFile(bundle, path.join(work, 'kubectl-pktcap.cjs'));
  // NODE_OPTIONS are meant for programs of the user's own.
  const config = { main: 'kubectl-pktcap.cjs', disableExperimentalSEAWarning: true, execArgvExtension: 'none', ...more };
  await writeFile(path.join(work, 'sea.json'), JSON.stringify(config));
  await run(builder, [flag, 'sea.json'], { cwd: work });
}

/** Node 24 writes a blob, and postject puts it into the binary. */
async function inject(builder, binary, bundle, outfile, work) {
  await make(builder, '--experimental-sea-config', work, bundle, { output: 'sea.blob' });
  const postject = createRequire(import.meta.url)(path.join(await fetched('postject@1.0.0-alpha.6'), 'dist/api.js'));
  await copyFile(binary, outfile);
  const { warn } = console;
  // It warns of sections without a name, which it does not touch.
  console.warn = () => {};
  try {
    await postject.inject(outfile, 'NODE_SEA_BLOB', await readFile(path.join(work, 'sea.blob')), { sentinelFuse: FUSE });
  } finally {
    console.warn = warn;
  }
}

/** Node 26 does both, and leaves out the signature that is not true any more. */
async function buildAtOnce(builder, executable, bundle, outfile, work) {
  await make(builder, '--build-sea', work, bundle, { executable, output: outfile });
  await writeFile(outfile, signAdHoc(await readFile(outfile), 'kubectl-pktcap'));
}
