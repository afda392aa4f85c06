// Shows a download on stderr while it lasts.
import type { Io } from '../io.js';
import { createProgress } from '../terminal/progress.js';
import type { Watcher } from './download.js';

export function shownOn(io: Io, name: string): Watcher & { end(): void } {
  const progress = createProgress(io, { label: name });
  const transfer = { doneBytes: 0, totalBytes: 0, doneFiles: 0, totalFiles: 0 };
  const update = (): void => {
    // Files that came since are in no total yet.
    transfer.totalFiles = Math.max(transfer.totalFiles, transfer.doneFiles);
    progress.update({ ...transfer, totalBytes: Math.max(transfer.totalBytes, transfer.doneBytes) });
  };
  return {
    begin({ files, bytes, directory, runID }) {
      transfer.totalFiles = files;
      transfer.totalBytes = bytes;
      progress.say(`run ${runID}, to ${directory}`);
      update();
    },
    bytes(count) {
      transfer.doneBytes += count;
      update();
    },
    file() {
      transfer.doneFiles += 1;
      update();
    },
    warn: (text) => progress.say(`warning: ${text}`),
    end: () => progress.end(),
  };
}
