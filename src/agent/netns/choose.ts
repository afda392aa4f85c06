// Which of the network namespaces that a pod's processes are in is the pod's own.

export interface Candidate {
  /** Inode of the netns: its identity. */
  inode: bigint;
  /** A process in it, the oldest. */
  pid: number;
  /** When that one started, in clock ticks since boot. */
  startTicks: number;
  /** Canonical addresses in the netns. */
  addresses: string[];
}

/**
 * The pod's own netns: of those that hold one of its IPs (a process of the pod may have made a netns of its own, and may even have given
 * it that IP) the one with the oldest process, which is the sandbox's. Without known IPs, the oldest process decides alone.
 */
export function chooseNetns(candidates: Candidate[], podIPs: string[]): Candidate | undefined {
  const holding = podIPs.length === 0 ? candidates : candidates.filter((c) => c.addresses.some((address) => podIPs.includes(address)));
  return [...holding].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0];
}
