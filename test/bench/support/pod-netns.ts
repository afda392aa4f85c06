// A pod's network namespace, seen from this machine: the sandbox's nodes are processes of it.
import { PodProcesses } from '../../../src/agent/netns/processes.js';
import { podStatus, runningPodIP } from '../../e2e/support/workload.js';
import { run } from './run.js';

interface Link {
  link_index: number;
  address: string;
  stats64: { rx: { packets: number } };
}

export interface PodNetns {
  pid: number;
  ip: string;
  /** Of the pod's eth0. */
  mac: string;
  /** The other end of the pod's eth0, on the node. */
  hostEnd: string;
  /** What runs a command of this machine in there. */
  enter: [string, ...string[]];
  /** Packets that came to eth0 so far, by the kernel's count. */
  arrived(): Promise<number>;
}

export async function podNetns(namespace: string, name: string): Promise<PodNetns> {
  const ip = await runningPodIP(namespace, name);
  const uid = (await podStatus(namespace, name))?.metadata.uid ?? '';
  const [group] = await new PodProcesses().groups(uid);
  if (!group) throw new Error(`no process of pod ${namespace}/${name} is on this machine: is its cluster the sandbox?`);
  const enter: PodNetns['enter'] = ['nsenter', '-t', String(group.pid), '-n'];
  const eth0 = async (): Promise<Link> => (JSON.parse(await run([...enter, 'ip', '-j', '-s', 'link', 'show', 'eth0'])) as [Link])[0];
  const { link_index: peer, address: mac } = await eth0();
  const links = JSON.parse(await run(['ip', '-j', 'link'])) as { ifindex: number; ifname: string }[];
  const hostEnd = links.find(({ ifindex }) => ifindex === peer)?.ifname;
  if (hostEnd === undefined) throw new Error(`interface ${peer}, the other end of eth0 of ${namespace}/${name}, is not on this machine`);
  return { pid: group.pid, ip, mac, hostEnd, enter, arrived: async () => (await eth0()).stats64.rx.packets };
}
