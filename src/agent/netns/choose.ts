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

/** The netns that the pod was found in before. */
export interface Former {
  inode: bigint;
  /** When the process that it was found by was last seen in it, in clock ticks since boot. */
  seenTicks: number;
}

/** A sandbox that was made again is younger than the last sign of the former one: what is as old is a netns that the pod made for itself. */
export const mayFollow = ({ inode, startTicks }: { inode: bigint; startTicks: number }, former: Former | undefined): boolean => !former || inode === former.inode || startTicks + 1 >= former.seenTicks;

/**
 * The pod's own netns: of those that hold one of its IPs (a process of the pod may have made a netns of its own, and may even have given
 * it that IP) the one with the oldest process, which is the sandbox's. Without known IPs, the oldest process decides alone. The netns
 * that it was found in before stays its own as long as it holds one of the IPs and a process of the pod.
 */
export function chooseNetns(candidates: Candidate[], podIPs: string[], former?: Former): Candidate | undefined {
  const holding = podIPs.length === 0 ? candidates : candidates.filter((c) => c.addresses.some((address) => podIPs.includes(address)));
  const same = holding.find(({ inode }) => inode === former?.inode);
  return same ?? holding.filter((c) => mayFollow(c, former)).sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0];
}
