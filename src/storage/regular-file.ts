// Opens a file that is a file: what somebody put in its place, a link, a pipe or a device, would lead elsewhere or never answer.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** No link is followed, and no pipe is waited for. */
export const AS_IT_STANDS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Rejects where a link (ELOOP), or anything else than a regular file, stands there. `flags`: of node:fs constants. */
export async function openRegular(path: string, flags: number = constants.O_RDONLY): Promise<FileHandle> {
  const file = await open(path, flags | AS_IT_STANDS);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path}: is no regular file`);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
