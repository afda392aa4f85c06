// A capture as a capture Job makes it: by the project's own tcpdump, with a recipe's spec, in a host's network namespace; merged as a download is.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../../src/agent/clock.js';
import { largestFileMB, tcpdumpArgv } from '../../../../src/agent/tcpdump/argv.js';
import { compareSavefiles, isSavefile } from '../../../../src/agent/tcpdump/file-name.js';
import { linkTypeOf } from '../../../../src/agent/tcpdump/link-type.js';
import { Tcpdump } from '../../../../src/agent/tcpdump/process.js';
import type { CaptureSpec } from '../../../../src/api/capture-spec.js';
import { merge } from '../../../../src/cli/merge/merge.js';
import type { MergeInput } from '../../../../src/cli/merge/source.js';
import { runChild } from '../../../../src/tcpdump/child.js';
import { eventually } from '../../eventually.js';
import type { Host } from './network.js';

export class Capture {
  private constructor(
    private readonly tcpdump: Tcpdump,
    readonly folder: string,
    private readonly descriptors: FileHandle[],
  ) {}

  /** Resolves once tcpdump listens. */
  static async start(host: Host, spec: CaptureSpec): Promise<Capture> {
    const folder = mkdtempSync(join(tmpdir(), 'recipe-'));
    const netns = await open(`/run/netns/${host.netns}`);
    const lock = await open(join(folder, 'lock'), 'w');
    const linkType = await linkTypeOf(runChild, netns, spec.interface);
    const { fileSizeBytes, rotateIntervalSeconds } = spec.ring;
    const argv = tcpdumpArgv({ interface: spec.interface, linkType, filter: spec.filter, snapLength: spec.snapLength, bufferSizeBytes: spec.bufferSizeBytes, fileSizeMB: largestFileMB(fileSizeBytes, spec.spool.maxSizeBytes, 1), rotateIntervalSeconds });
    const capture = new Capture(await Tcpdump.start({ argv, folder, netns, lock }, systemClock), folder, [netns, lock]);
    await eventually('tcpdump listens', async () => (await capture.tcpdump.readStderr(), capture.tcpdump.listeningMs !== undefined));
    return capture;
  }

  /** Its files, in the order in which they were written. */
  get files(): string[] {
    return readdirSync(this.folder).filter(isSavefile).sort(compareSavefiles).map((name) => join(this.folder, name));
  }

  /** Ends it when all that came is written; one file of what it wrote. */
  async stop(): Promise<string> {
    const nowMs = Date.now();
    let askAtMs = 0;
    await eventually('what came is written', async () => {
      // Two of its answers count as quiet when they are more than a second apart.
      if (performance.now() >= askAtMs) {
        this.tcpdump.askForCounters();
        askAtMs = performance.now() + 1100;
      }
      await this.tcpdump.readStderr();
      return (this.tcpdump.quietMs ?? 0) > nowMs;
    }, { timeoutMs: 60_000 });
    this.tcpdump.stop();
    await this.tcpdump.exited;
    for (const descriptor of this.descriptors) await descriptor.close();
    if (this.tcpdump.closing?.droppedByKernel !== 0) throw new Error(`tcpdump dropped packets: ${JSON.stringify(this.tcpdump.closing)}`);
    return merged({ 'web-0': this }, join(this.folder, 'merged.pcap'));
  }

  remove(): void {
    this.tcpdump.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What `kubectl pktcap download --merge` makes of the files of several targets. */
export async function merged(targets: Record<string, Capture>, file: string): Promise<string> {
  const inputs: MergeInput[] = Object.entries(targets).flatMap(([target, { files }]) => files.map((path) => ({ target, path })));
  const { path, problems } = await merge(inputs, '/', { file, force: true }, { cwd: '/', env: process.env, signal: new AbortController().signal });
  if (problems.length > 0) throw new Error(problems.join('; '));
  return path;
}
