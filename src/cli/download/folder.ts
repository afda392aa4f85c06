// The folder that a download fills: what is written stays in it, follows no link, and is the user's own to read.
import { constants } from 'node:fs';
import { lstat, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.js';
import type { Place } from './place.js';

/** Packets are read by whoever reads these. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** No link is followed, no pipe is waited for. */
const AS_IT_STANDS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

export const PART_SUFFIX = '.part';
export const DAMAGED_SUFFIX = '.damaged';

export class DownloadFolder {
  private readonly made = new Set<string>();

  private constructor(readonly path: string) {}

  static async at(path: string): Promise<DownloadFolder> {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE }).catch((error: unknown) => {
      throw onDisk(error, path);
    });
    return new DownloadFolder(path);
  }

  pathOf = ({ folder, name }: Place): string => join(this.path, folder, name);

  /** Makes the place's folder; a link in its stead is refused. */
  async prepare({ folder }: Place): Promise<void> {
    if (this.made.has(folder)) return;
    const path = join(this.path, folder);
    try {
      await mkdir(path, { mode: FOLDER_MODE }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      if (!(await lstat(path)).isDirectory()) throw new Failure(`${path} is no folder, and links are not followed; move it away, or choose another folder with -d`);
    } catch (error) {
      throw onDisk(error, path);
    }
    this.made.add(folder);
  }
}

/** Opens for reading and writing what is a file, and nobody's else: undefined where nothing stands there and none shall be made. */
export async function openOwn(path: string, { create }: { create: boolean }): Promise<FileHandle | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, (create ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY) | AS_IT_STANDS, FILE_MODE);
  } catch (error) {
    if (!create && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw onDisk(error, path);
  }
  try {
    const stat = await file.stat();
    // What is written to another name of the same file is written to that file.
    if (!stat.isFile() || (create && stat.nlink > 1)) throw new Failure(`${path} is no file of its own (a link, a folder or a device); move it away, or choose another folder with -d`);
    return file;
  } catch (error) {
    await file.close();
    throw onDisk(error, path);
  }
}

export const moveTo = (from: string, to: string): Promise<void> => rename(from, to).catch((error: unknown) => { throw onDisk(error, to); });
export const removeFile = (path: string): Promise<void> => rm(path, { force: true }).catch((error: unknown) => { throw onDisk(error, path); });

const WORDS: Record<string, string> = {
  ENOSPC: 'the disk is full; make room, and the same command goes on where this ended',
  EDQUOT: 'your quota of this disk is used up; make room, and the same command goes on where this ended',
  EACCES: 'you may not write there; choose another folder with -d',
  EPERM: 'you may not write there; choose another folder with -d',
  EROFS: 'that disk is read-only; choose another folder with -d',
  ENOTDIR: 'a part of that path is a file; choose another folder with -d',
  ELOOP: 'a link stands there, and links are not followed; move it away, or choose another folder with -d',
  ENXIO: 'a pipe or a device stands there; move it away, or choose another folder with -d',
  EISDIR: 'a folder stands there; move it away, or choose another folder with -d',
  ENAMETOOLONG: 'that file system takes no name as long as this; choose another folder with -d',
  EFBIG: 'that file system takes no file as large as this; choose another folder with -d',
};

/** What the file system said, for people; what it did not say goes on as it is. */
export function onDisk(error: unknown, path: string): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  const words = typeof code === 'string' ? WORDS[code] : undefined;
  return words === undefined ? error : new Failure(`${path}: ${words}`, undefined, { cause: error });
}
