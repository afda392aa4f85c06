// What this user may use to see packets: a port-forward to capture pods, or downloads from the bucket.
import { CAPTURE_DOWNLOADS } from '../../api/kinds.js';
import { GROUP } from '../../api/group.js';
import { INSTALLATION } from '../../api/installation.js';
import type { Kube } from '../../kube/kube.js';
import { isAllowed } from '../access.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Session } from '../session.js';

/** Where the installation has it; another one shows in the refusal of the port-forward itself. */
const JOBS_NAMESPACE = INSTALLATION.jobsNamespace;

const all = async (answers: Promise<boolean>[]): Promise<boolean> => (await Promise.all(answers)).every(Boolean);

/** By WebSocket it is a `get`, and from Kubernetes 1.35 on a `create` too. */
const mayReachPods = (kube: Kube): Promise<boolean> => all(['get', 'create'].map((verb) => isAllowed(kube, { namespace: JOBS_NAMESPACE, verb, group: '', resource: 'pods', subresource: 'portforward' })));

const mayDownload = (kube: Kube, namespace: string): Promise<boolean> => all(['get', 'create'].map((verb) => isAllowed(kube, { namespace, verb, group: GROUP, resource: CAPTURE_DOWNLOADS.plural })));

/** As capture pods stream them, or file after file from the bucket. */
export type Way = 'stream' | 'files';

/** Throws where neither is open to this user. */
export async function findWay({ kube, namespace }: Session, say: (line: string) => void): Promise<Way> {
  if (await mayReachPods(kube)) return 'stream';
  if (!(await mayDownload(kube, namespace))) {
    throw new Failure(
      `you may neither reach capture pods (get and create on pods/portforward in ${JOBS_NAMESPACE}: the Role packetcapture-live) nor download files (get and create on capturedownloads.${GROUP} in namespace "${namespace}": the ClusterRole packetcapture-download); without one of the two no packets can be shown`,
      EXIT.forbidden,
    );
  }
  say(`you may not reach capture pods (the Role packetcapture-live in ${JOBS_NAMESPACE} gives it): packets are shown file by file, seconds late, as they come into the bucket`);
  return 'files';
}
