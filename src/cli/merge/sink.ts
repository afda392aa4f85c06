// Writes blocks one behind the other into a new file, many at a time.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { onDisk } from '../download/folder.js';

const FLUSH_BYTES = 1024 * 1024;

export class FileSink {
  private blocks: Buffer[] = [];
  private bytes = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
  ) {}

  /** What stands there is replaced; a link is not followed. */
  static async create(path: string): Promise<FileSink> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    return new FileSink(await open(path, flags, 0o600).catch((error: unknown) => { throw onDisk(error, path); }), path);
  }

  /** A promise where the disk has to be waited for. */
  write(block: Buffer): Promise<void> | undefined {
    this.blocks.push(block);
    this.bytes += block.length;
    return this.bytes >= FLUSH_BYTES ? this.flush() : undefined;
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.file.close();
    }
  }

  private async flush(): Promise<void> {
    const buffer = Buffer.concat(this.blocks);
    this.blocks = [];
    this.bytes = 0;
    for (let written = 0; written < buffer.length; ) {
      const { bytesWritten } = await this.file.write(buffer, written).catch((error: unknown) => { throw onDisk(error, this.path); });
      written += bytesWritten;
    }
  }
}
