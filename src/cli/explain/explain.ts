// A capture explained: sections of sentences, for one who reads them from the top.
import { formatSize } from '../terminal/words.js';
import { asked } from './asked.js';
import { course, headline } from './course.js';
import { earlierRunsSection, snapshotsSection } from './history.js';
import { discardWords, gapWords, missingSection } from './missing.js';
import { nextSection } from './next.js';
import { packetsSection } from './packets.js';
import type { Section, Subject } from './subject.js';
import { endedTargetsSection, targetsSection } from './targets.js';
import { counted, reasonWords, when } from './words.js';

export interface Explanation {
  headline: string;
  sections: Section[];
}

const OVER: ReadonlySet<string | undefined> = new Set(['Complete', 'Failed', 'Uploading']);

/** The current or last run. */
export function explain(subject: Subject): Explanation {
  const { status } = subject.capture;
  const sections = [
    { title: 'What was asked', lines: asked(subject) },
    { title: 'What happened', lines: course(subject) },
    status?.run?.id === undefined ? undefined : packetsSection({ packets: status.packets ?? {}, files: status.files, bytes: status.bytes, location: status.run.location, hasListened: OVER.has(status.phase) && status.run.captureStartTime !== undefined }),
    missingSection(subject),
    targetsSection(subject),
    snapshotsSection(subject),
    earlierRunsSection(subject),
    unseenSection(subject),
    nextSection(subject),
  ];
  return { headline: headline(subject), sections: sections.filter((section) => section !== undefined) };
}

/** An earlier run: status keeps a few numbers of it, its manifests have the rest. */
export function explainEarlier(subject: Subject, runID: string): Explanation {
  const { capture, account, now } = subject;
  const { metadata, status } = capture;
  const run = status?.previousRuns?.find(({ id }) => id === runID);
  const settled = run?.completionTime === undefined ? 'It is still being delivered.' : `The last file was settled at ${when(run.completionTime, now)}.`;
  const where = account ? [`It ran on ${account.nodes.join(', ')}, in ${counted(account.attempts, 'attempt')}; ${formatSize(account.ledger.bytes.captured)} were captured.`] : [];
  const sections = [
    { title: 'What happened', lines: [`Capturing ended by ${reasonWords(run?.stopReason)}`, settled, ...where] },
    packetsSection({ packets: run?.packets ?? {}, files: account?.ledger.files, location: run?.location, hasListened: true }),
    account && { title: 'What is missing', lines: orNothing([...discardWords(account), ...gapWords(account, account.gaps.length, 0)], run?.packets?.lost ?? 0) },
    account && endedTargetsSection(account),
    unseenSection(subject),
    { title: 'What to do', lines: [`Fetch the files: kubectl pktcap download ${metadata.name} -n ${metadata.namespace ?? 'default'} --run ${runID}`] },
  ];
  return { headline: `Run ${runID} of packetcapture/${metadata.name} in namespace ${metadata.namespace ?? 'default'}, an earlier one.`, sections: sections.filter((section) => section !== undefined) };
}

const orNothing = (lines: string[], lost: number): string[] => [...(lost > 0 ? [`${counted(lost, 'packet')} lost, in all.`] : ['Nothing that was wanted.']), ...lines];

const unseenSection = ({ unseen }: Subject): Section | undefined => (unseen === undefined ? undefined : { title: 'What could not be seen', lines: [unseen] });
