// On which nodes captures can work: capture pods tolerate every taint, and need a kubelet, Linux and privileges.
import type { KubeObject } from '../../kube/object.js';
import { findingsOf, type Finding } from './finding.js';
import { judge, type Seen } from './seen.js';

export interface NodeSeen extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: { key: string; effect: string }[] };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[]; nodeInfo?: { operatingSystem?: string; architecture?: string; kubeletVersion?: string } };
}

const NODES_NAMED = 10;

const findings = findingsOf('nodes');
const { ok, warn, fail } = findings;

export const checkNodes = (nodes: Seen<NodeSeen[]>): Finding[] =>
  judge(nodes, 'nodes', findings, (all) => {
    const judged = all.map((node) => ({ node, never: neverOn(node), trouble: troubleOf(node) }));
    const able = judged.filter(({ never, trouble }) => never === undefined && trouble === undefined);
    const [first] = judged;
    const platforms = [...new Set(able.map(({ node }) => platformOf(node)))].sort().join(', ');
    const summary =
      able.length > 0
        ? ok(`captures can run on ${able.length} of ${all.length} node${all.length === 1 ? '' : 's'} (${platforms})`)
        : fail(first ? `captures can run on none of ${all.length} node${all.length === 1 ? '' : 's'}` : 'the cluster has no nodes', 'add a Linux node that is Ready, or mend one');
    return [summary, ...mixed(able.map(({ node }) => node)), ...grouped(judged, 'never', (names, why) => warn(`captures cannot run on ${names}: ${why}`)), ...grouped(judged, 'trouble', (names, why) => warn(`captures cannot run on ${names} now: ${why}`, 'mend the node')), ...cordoned(all)];
  });

type Judged = { node: NodeSeen; never: string | undefined; trouble: string | undefined };

/** One line for all nodes of one reason. */
function grouped(judged: Judged[], key: 'never' | 'trouble', say: (names: string, why: string) => Finding): Finding[] {
  const shown = judged.filter((entry) => entry[key] !== undefined && (key === 'never' || entry.never === undefined));
  return [...new Set(shown.map((entry) => entry[key] as string))].map((why) => say(named(shown.filter((entry) => entry[key] === why).map(({ node }) => node)), why));
}

function named(nodes: NodeSeen[]): string {
  const names = nodes.slice(0, NODES_NAMED).map(({ metadata }) => `"${metadata.name}"`).join(', ');
  return `node${nodes.length === 1 ? '' : 's'} ${names}${nodes.length > NODES_NAMED ? ` and ${nodes.length - NODES_NAMED} more` : ''}`;
}

/** The image of capture pods is the operator's own. */
function mixed(nodes: NodeSeen[]): Finding[] {
  const architectures = [...new Set(nodes.map(({ status }) => status?.nodeInfo?.architecture ?? 'unknown'))].sort();
  return architectures.length < 2 ? [] : [warn(`nodes are of ${architectures.join(' and ')}: captures run where the operator's image is built for that`, 'use an image for all of them')];
}

const platformOf = ({ status }: NodeSeen): string => `${status?.nodeInfo?.operatingSystem ?? 'unknown'}/${status?.nodeInfo?.architecture ?? 'unknown'}`;

/** Why none can ever run there. */
function neverOn({ metadata: { labels = {} }, spec, status }: NodeSeen): string | undefined {
  const { operatingSystem = 'linux' } = status?.nodeInfo ?? {};
  if (operatingSystem !== 'linux') return `its system is ${operatingSystem}, and captures need Linux`;
  if (labels['eks.amazonaws.com/compute-type'] === 'fargate') return 'it is a Fargate node, which takes no privileged pods';
  if (labels['type'] === 'virtual-kubelet' || spec?.taints?.some(({ key }) => key.startsWith('virtual-kubelet.io/'))) return 'it is a virtual kubelet, with no node behind it';
  return undefined;
}

/** Pressures under which a kubelet takes no new pod. */
const PRESSURES = ['DiskPressure', 'PIDPressure'];

function troubleOf({ status }: NodeSeen): string | undefined {
  const conditions = status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return `it is not Ready (${ready?.reason ?? 'it says nothing'})`;
  const pressure = conditions.find(({ type, status: state }) => PRESSURES.includes(type) && state === 'True');
  return pressure && `it has ${pressure.type} and takes no new pods`;
}

function cordoned(nodes: NodeSeen[]): Finding[] {
  const those = nodes.filter(({ spec }) => spec?.unschedulable === true);
  return those.length === 0 ? [] : [warn(`${those.length === 1 ? 'cordoned is' : 'cordoned are'} ${named(those)}: captures run there too, but a capture pod that is taken away is not put back`, 'kubectl uncordon, when the work on it is done')];
}
