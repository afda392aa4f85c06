// From a pod's UID to an open descriptor of its network namespace. Opened once, and entered by that descriptor for everything.
import { open, type FileHandle } from 'node:fs/promises';
import { TARGET_REASON } from '../../api/reasons.js';
import type { ControlTarget } from '../../protocol/control.js';
import type { RunChild } from '../../tcpdump/child.js';
import { canonicalAddress, localIPv4, localIPv6 } from './addresses.js';
import { chooseNetns, mayFollow, type Candidate, type Former } from './choose.js';
import { isStillOf, netnsInode, nodeNetnsInode, type NetnsGroup, type PodProcesses } from './processes.js';

export interface NotFound {
  reason: string;
  message: string;
  /** True: looking again cannot help. */
  permanent: boolean;
}

export interface LocatedNetns {
  handle: FileHandle;
  /** Its identity. */
  inode: bigint;
  /** The process of the pod that it was found by. */
  pid: number;
  /** When that one started, in clock ticks since boot. */
  startTicks: number;
  /** The pod's IPs as it was looked for. */
  podIPs: string[];
}

interface OpenCandidate extends Candidate {
  handle: FileHandle;
}

/** Reads files of /proc/self/net inside the netns, one after the other; one that is not there is passed over (IPv6 may be off). */
export const readInNetns = async (run: RunChild, netns: FileHandle, ...files: string[]): Promise<string> =>
  (await run(['nsenter', '--net=/proc/self/fd/3', 'cat', ...files.map((file) => `/proc/self/net/${file}`)], { descriptors: [netns.fd], timeoutMs: 5000 })).stdout;

/** The netns of a pod, open; or why there is none (yet). `former`: where it was found before. */
export async function locateNetns(run: RunChild, processes: PodProcesses, target: ControlTarget, allowHostNetwork: boolean, former?: Former): Promise<LocatedNetns | NotFound> {
  const hostNetwork = target.hostNetwork && allowHostNetwork;
  if (target.hostNetwork && !allowHostNetwork) {
    return { permanent: true, reason: TARGET_REASON.hostNetwork, message: `pod ${target.podName} uses the node's own network; the operator's --allow-host-network would permit it` };
  }
  const groups = await processes.groups(target.podUID, (group) => mayFollow(group, former));
  if (groups.length === 0) return notFound(target, 'no process of the pod runs on this node yet');
  const [nodes, own] = [await nodeNetnsInode(), await netnsInode('self')];
  if (nodes === undefined && (hostNetwork || target.podIPs.length === 0)) return notFound(target, "the node's own network namespace (of PID 1) cannot be told from others; the capture container needs hostPID and privileged");
  const others = groups.filter(({ inode }) => (hostNetwork ? inode === nodes : inode !== nodes && inode !== own));
  if (others.length === 0) return notFound(target, "its processes are all in the node's own network namespace");

  const candidates = (await Promise.all(others.map((group) => openCandidate(run, target.podUID, group)))).filter((c) => c !== undefined);
  const chosen = hostNetwork ? candidates[0] : chooseNetns(candidates, target.podIPs.map(canonicalAddress), former);
  const found = candidates.find((candidate) => candidate === chosen);
  for (const candidate of candidates) if (candidate !== found) await candidate.handle.close();
  if (found) return { handle: found.handle, inode: found.inode, pid: found.pid, startTicks: found.startTicks, podIPs: target.podIPs };
  return notFound(target, `none of the ${candidates.length} network namespaces of its processes holds ${target.podIPs.join(' or ')}`);
}

const notFound = (target: ControlTarget, why: string): NotFound => ({
  permanent: false,
  reason: TARGET_REASON.networkNamespaceNotFound,
  message: `network namespace of pod ${target.podName} (${target.podUID}) not found: ${why}`,
});

/** undefined where the process was replaced by another between the look and the open. */
async function openCandidate(run: RunChild, podUID: string, group: NetnsGroup): Promise<OpenCandidate | undefined> {
  const handle = await open(`/proc/${group.pid}/ns/net`).catch(() => undefined);
  if (!handle) return undefined;
  if ((await handle.stat({ bigint: true })).ino !== group.inode || !(await isStillOf(podUID, group))) {
    await handle.close();
    return undefined;
  }
  // No line of one looks like one of the other.
  const text = await readInNetns(run, handle, 'fib_trie', 'if_inet6');
  return { ...group, handle, addresses: [...localIPv4(text), ...localIPv6(text)] };
}
