// One file in time order of all files of a download.
import { lstat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { moveTo, removeFile } from '../download/folder.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { mergecap, MERGECAP_FILES } from './mergecap.js';
import { peek, type Peeked } from './ordered.js';
import { ownMerge, type MergeFormat } from './own-merge.js';
import type { MergeInput } from './source.js';

export interface MergeWish {
  /** As the user wrote it; undefined: merged.pcap or merged.pcapng of the run's folder, which is ours to replace. */
  file: string | undefined;
  force: boolean;
}

export interface Merged {
  path: string;
  /** Files that could not be read, or not to their end, with why. */
  problems: string[];
}

/** Throws before anything is fetched for it. */
export async function checkMerge({ file, force }: MergeWish, cwd: string): Promise<void> {
  if (file === undefined) return;
  if (formatOf(file) === undefined) throw new Failure(`--merge=${file}: must end in .pcap, or in .pcapng, which names the target of each packet`);
  const there = await lstat(resolve(cwd, file)).catch(() => undefined);
  if (there && !force) throw new Failure(`--merge=${file}: the file is there already; it is replaced with --force`);
}

/** `inputs`: by target and sequence; of packets of one time those of the first file come first. */
export async function merge(inputs: readonly MergeInput[], directory: string, { file }: MergeWish, { cwd, env, signal }: Pick<Io, 'cwd' | 'env' | 'signal'>): Promise<Merged> {
  const problems: string[] = [];
  const onProblem = (path: string, problem: string): void => void problems.push(`${path}: ${problem}; what could be read of it is merged`);
  const peeked = await peek(inputs, onProblem);
  const format = file === undefined ? bestFormat(peeked) : (formatOf(file) ?? 'pcapng');
  const linkTypes = new Set(peeked.map(({ format: { linkType } }) => linkType));
  if (format === 'pcap' && linkTypes.size > 1) throw new Failure(`--merge=${file}: the files have link types ${[...linkTypes].join(' and ')}, and a pcap has only one; use a name that ends in .pcapng`);
  const path = file === undefined ? `${directory}/merged.${format}` : resolve(cwd, file);
  const part = `${path}.part`;
  await removeFile(part);
  try {
    const isMerged = format === 'pcap' && problems.length === 0 && peeked.length > 0 && peeked.length <= MERGECAP_FILES && (await mergecap(peeked, part, { env, signal }));
    if (!isMerged) await ownMerge(peeked, format, part, { signal, onProblem });
    await moveTo(part, path);
  } catch (error) {
    await removeFile(part);
    throw error;
  }
  return { path, problems };
}

function formatOf(file: string): MergeFormat | undefined {
  const extension = extname(file).slice(1).toLowerCase();
  return extension === 'pcap' || extension === 'pcapng' ? extension : undefined;
}

/** Everything reads pcap, and only pcapng tells the targets apart. */
const bestFormat = (files: readonly Peeked[]): MergeFormat => (new Set(files.map(({ input, format }) => `${input.target}/${format.linkType}`)).size > 1 ? 'pcapng' : 'pcap');
