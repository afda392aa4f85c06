// What is captured, as people name it: pod/web-0, deploy/web, or labels.
import { WORKLOAD_KINDS, type PacketCaptureSpec } from '../../api/packetcapture.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { parseSelector } from './selector.js';

type Target = Pick<PacketCaptureSpec['target'], 'podName' | 'podSelector' | 'workloadRef'>;
type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** The names that kubectl has for the kinds, beside the singular: plurals, short ones. */
const OTHER_NAMES: Record<WorkloadKind, string[]> = {
  Deployment: ['deployments', 'deploy'],
  StatefulSet: ['statefulsets', 'sts'],
  DaemonSet: ['daemonsets', 'ds'],
  ReplicaSet: ['replicasets', 'rs'],
  Job: ['jobs'],
  Service: ['services', 'svc'],
};
const API_GROUP: Partial<Record<WorkloadKind, string>> = { Job: 'batch', Service: '' };
const POD_NAMES = ['pod', 'pods', 'po'];

/** The kind's name that a person types most easily, for completion. */
export const SHORT_KINDS: Record<WorkloadKind, string> = { Deployment: 'deploy', StatefulSet: 'sts', DaemonSet: 'ds', ReplicaSet: 'rs', Job: 'job', Service: 'svc' };

/** As kubectl takes it, in any case; undefined where it is none that can be captured. */
export function kindNamed(word: string): 'Pod' | WorkloadKind | undefined {
  const lower = word.toLowerCase();
  return POD_NAMES.includes(lower) ? 'Pod' : WORKLOAD_KINDS.find((one) => one.toLowerCase() === lower || OTHER_NAMES[one].includes(lower));
}

/** Throws a Failure that says how to write it. */
export function parseTarget(text: string | undefined, selector: string | undefined): Target {
  if (text !== undefined && selector !== undefined) throw usage(`TARGET "${text}" and -l "${selector}": name a target or labels, not both`);
  if (selector !== undefined) return { podSelector: parseSelector(selector) };
  if (text === undefined) throw usage('whose packets? Name a target, such as pod/web-0 or deploy/web, or labels with -l app=web');
  const parts = text.split('/');
  if (parts.length > 2 || parts.includes('')) throw usage(`TARGET "${text}": write a kind and a name, such as pod/web-0 or deploy/web`);
  const [kind = '', name] = parts;
  if (name === undefined) return { podName: kind };
  return kindNamed(kind) === 'Pod' ? { podName: name } : { workloadRef: { ...workload(text, kind.toLowerCase()), name } };
}

function workload(text: string, word: string): Pick<NonNullable<Target['workloadRef']>, 'apiVersion' | 'kind'> {
  const [typed = '', ...group] = word.split('.');
  const kind = kindNamed(typed);
  if (kind === undefined || kind === 'Pod') throw usage(`TARGET "${text}": "${word}" is no kind that can be captured; use pod, ${WORKLOAD_KINDS.map((one) => one.toLowerCase()).join(', ')}, or labels with -l`);
  const apiGroup = API_GROUP[kind] ?? 'apps';
  // kubectl takes deployments.apps and deployments.v1.apps too.
  const given = group.filter((part) => !/^v\d/.test(part)).join('.');
  if (given !== '' && given !== apiGroup) throw usage(`TARGET "${text}": a ${kind} is of ${apiGroup === '' ? 'the core group' : `the group "${apiGroup}"`}, not "${given}"; write ${SHORT_KINDS[kind]}/NAME`);
  return { apiVersion: apiGroup === '' ? 'v1' : `${apiGroup}/v1` as 'apps/v1' | 'batch/v1', kind };
}

/** What a capture of it can be called, before what tells it from others. */
export function baseName({ podName, workloadRef, podSelector }: Target): string {
  const labels = podSelector?.matchLabels ?? {};
  const first = podSelector?.matchExpressions?.[0];
  const words = podName ?? workloadRef?.name ?? Object.values(labels).find((value) => value !== '') ?? first?.values?.[0] ?? first?.key ?? '';
  const fit = words.toLowerCase().replace(/[^a-z0-9-]+/g, '-').slice(0, 50).replace(/^-+|-+$/g, '');
  return fit === '' ? 'capture' : fit;
}

const usage = (message: string): Failure => new Failure(message, EXIT.usage);
