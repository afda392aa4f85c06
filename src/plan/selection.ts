// Which pods a capture's target names now: those that can be captured, and why the others can't.
import { parseCaptureSpec, type TargetSpec } from '../api/capture-spec.js';
import { formatSelector, matches, type LabelSelector } from '../api/label-selector.js';
import { shortened } from '../api/printable.js';
import type { PodObject } from './objects.js';
import { targetObstacle } from './target.js';
import { armed, refused, type Obstacle } from './waiting.js';
import { formatWorkload, selectorOf } from './workload.js';
import type { World } from './world.js';

export interface Selection {
  /** Oldest first. */
  eligible: PodObject[];
  /** Named, and never captured as they are. */
  refused: { pod: PodObject; obstacle: Obstacle }[];
  /** Why none is eligible. */
  obstacle?: Obstacle;
}

/** Its pods come and go, any number of them. */
export const isMany = (target: TargetSpec): boolean => target.podName === undefined;

export function select(target: TargetSpec, namespace: string, world: Pick<World, 'targetPods' | 'workload' | 'config'>): Selection {
  if (target.podName !== undefined) return selectByName(target.podName, namespace, world);
  const chosen = target.podSelector ? { selector: target.podSelector } : selectorFor(target, namespace, world);
  if ('obstacle' in chosen) return { eligible: [], refused: [], obstacle: chosen.obstacle };
  const words = target.podSelector ? described(chosen.selector) : `${formatWorkload(target.workload)} (${inShort(chosen.selector)})`;
  return selectMany(chosen.selector, words, namespace, world);
}

/** Whether a pod may be one that the spec of a capture names, as far as its own name and labels say. */
export function mayName(rawSpec: unknown, { metadata }: PodObject): boolean {
  const target = parseCaptureSpec(rawSpec).spec?.target;
  if (target?.podName !== undefined) return target.podName === metadata.name;
  return target?.podSelector === undefined || matches(target.podSelector, metadata.labels);
}

/** For people: what the target of a spec is. */
export function describeTarget(target: TargetSpec): string {
  if (target.podName !== undefined) return `pod/${target.podName}`;
  return target.podSelector ? described(target.podSelector) : formatWorkload(target.workload);
}

/** A selector may be of 300,000 characters. */
const SELECTOR_MAX_LENGTH = 200;
const inShort = (selector: LabelSelector): string => shortened(formatSelector(selector), SELECTOR_MAX_LENGTH);
const described = (selector: LabelSelector): string => inShort(selector) || 'every pod';

function selectByName(podName: string, namespace: string, { targetPods, config }: Pick<World, 'targetPods' | 'config'>): Selection {
  const pod = targetPods.find(({ metadata }) => metadata.name === podName);
  const obstacle = targetObstacle(podName, namespace, pod, config.allowHostNetwork);
  return obstacle || !pod ? { eligible: [], refused: [], ...(obstacle && { obstacle }) } : { eligible: [pod], refused: [] };
}

function selectorFor({ workload }: TargetSpec & { workload: object }, namespace: string, world: Pick<World, 'workload'>): { selector: LabelSelector } | { obstacle: Obstacle } {
  const object = world.workload(workload);
  if (!object) return { obstacle: armed(`${workload.kind} "${workload.name}" does not exist in namespace "${namespace}"; capturing starts with its first pod`) };
  const selector = selectorOf(workload, object);
  return selector ? { selector } : { obstacle: refused('SelectorMissing', `${workload.kind} "${workload.name}" has no selector, so which pods are its own is not known; use spec.target.podSelector`) };
}

const age = (pod: PodObject): string => pod.metadata.creationTimestamp ?? '';
/** The oldest first; of one second by name, so that every look sees the same order. */
export const byAge = (a: PodObject, b: PodObject): number => age(a).localeCompare(age(b)) || a.metadata.name.localeCompare(b.metadata.name);

function selectMany(selector: LabelSelector, words: string, namespace: string, { targetPods, config }: Pick<World, 'targetPods' | 'config'>): Selection {
  const judged = targetPods
    .filter(({ metadata }) => matches(selector, metadata.labels))
    .sort(byAge)
    .map((pod) => ({ pod, obstacle: targetObstacle(pod.metadata.name, namespace, pod, config.allowHostNetwork) }));
  const eligible = judged.filter(({ obstacle }) => obstacle === undefined).map(({ pod }) => pod);
  const never = judged.flatMap(({ pod, obstacle }) => (obstacle?.terminal ? [{ pod, obstacle }] : []));
  if (eligible.length > 0) return { eligible, refused: never };
  const [first] = never;
  const only = first && never.length === judged.length ? first.obstacle : undefined;
  return { eligible, refused: never, obstacle: only ?? armed(whyNone(words, judged.map(({ obstacle }) => obstacle?.message ?? ''))) };
}

function whyNone(words: string, reasons: string[]): string {
  const [first] = reasons;
  if (first === undefined) return `no pod of ${words} exists yet; capturing starts with the first one`;
  return `none of the ${reasons.length} pods of ${words} can be captured yet: ${first}`;
}
