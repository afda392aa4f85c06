// tcpdump's command line. An array all the way: no shell, and the filter is one element behind `--`.
import { savefilePattern } from './file-name.js';

export interface TcpdumpOptions {
  interface: string;
  linkType: string;
  filter: string;
  snapLength: number;
  bufferSizeBytes: number;
  /** -C, in 1,000,000 bytes. */
  fileSizeMB: number;
  /** -G. */
  rotateIntervalSeconds: number | undefined;
}

/**
 * Size at which tcpdump is told to close a file, in its own unit of 1,000,000 bytes: what the user asked for, and at most a quarter of a
 * target's share of the spool, so that there is always a closed file to let go.
 */
export function largestFileMB(fileSizeBytes: number | undefined, spoolBytes: number, targets: number): number {
  const share = Math.max(1, Math.floor(spoolBytes / (4 * targets) / 1e6));
  return fileSizeBytes === undefined ? share : Math.max(1, Math.min(Math.floor(fileSizeBytes / 1e6), share));
}

/** Descriptor 3 is the target's netns. -U: every packet is in the file at once, so that none waits in a buffer which a kill would lose. */
export function tcpdumpArgv(options: TcpdumpOptions): [string, ...string[]] {
  return ['setpriv', '--pdeathsig', 'INT', 'nsenter', '--net=/proc/self/fd/3', 'tcpdump', ...tcpdumpArguments(options)];
}

export function tcpdumpArguments({ interface: device, linkType, filter, snapLength, bufferSizeBytes, fileSizeMB, rotateIntervalSeconds }: TcpdumpOptions): string[] {
  return [
    ...['-i', device, '-y', linkType, '-n', '-U', '-Z', 'root'],
    ...['-s', `${snapLength}`, '-B', `${Math.max(1, Math.ceil(bufferSizeBytes / 1024))}`],
    ...['-w', savefilePattern(rotateIntervalSeconds !== undefined), '-C', `${fileSizeMB}`],
    ...(rotateIntervalSeconds === undefined ? [] : ['-G', `${rotateIntervalSeconds}`]),
    '--',
    ...(filter.trim() === '' ? [] : [filter]),
  ];
}
