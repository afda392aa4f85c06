// Figure 4: from the end of capturing to Complete, beside aws-cli.
import type { Comparison, Figure } from '../framework/figure.js';
import { runs } from './upload/runs.js';

const LIMITS = { must: 1, goal: 0.8 };
const MARGIN = 0.25;

const line = (id: string, ours: string, theirs: string, samples: Comparison['samples']): Comparison => ({ id, ours, theirs, unit: 's', samples, as: 'ratio', better: 'less', limits: LIMITS, margin: MARGIN });

export const upload: Figure = {
  number: 4,
  name: 'upload',
  title: 'From the end of capturing to Complete, with 500 MB pending',
  method:
    'A flight recorder (upload.policy OnDemand, compression None, a ring of 10 files) captures a burst of 1,400-byte datagrams, 500 MB of pcap, and is then stopped: all of it is pending, nothing was uploaded before. ' +
    'Ours lasts from the exit of its tcpdump, which has written its last packet by then, until a watch delivers the status with Complete True: hashing, uploading, reading back, the manifest, the report, the operator. ' +
    "Theirs is Debian's `aws s3 cp` (2.9.19, its defaults, `--recursive` for a folder) of the files of such a run from this machine to the same bucket, from its start to its exit; it reads nothing back. " +
    'The files of both are in the page cache. Not measured: TLS (the bucket of the sandbox has none), and a store that is far away.',
  async measure(bench) {
    const { seconds } = await runs(bench);
    return [
      line('upload-files', 'a ring of 100 MB files, stopped', '`aws s3 cp --recursive` of its files', { ours: seconds.files, theirs: seconds.filesByAWS }),
      line('upload-file', 'one file of 500 MB, stopped', '`aws s3 cp` of the same bytes in one file', { ours: seconds.file, theirs: seconds.fileByAWS }),
    ];
  },
};
