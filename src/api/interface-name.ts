// Which interface names may reach libpcap: it opens far more than network devices by name, and runs a program for dbus://unixexec:….

/** Checked again in plan/ and in the agent. */
export const INTERFACE_PATTERN = '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$';
const SHAPE = new RegExp(INTERFACE_PATTERN);
/** Names by which libpcap opens something that is no network interface (pcap-*.c of libpcap 1.10). */
export const PSEUDO_DEVICE_PATTERN = '^(nflog|nfqueue|usbmon|bluetooth|bluetooth-monitor|dbus|dbus-system|dbus-session|rpcap|rpcaps|dag|snf|septel|nt3g|rdma)([:0-9-].*)?$';
const PSEUDO_DEVICE = new RegExp(PSEUDO_DEVICE_PATTERN);

/** What is wrong with an interface name, as a sentence with the fix; undefined where nothing is. */
export function interfaceProblem(name: string): string | undefined {
  const fix = 'use "any", or the name of an interface of the pod such as "eth0"';
  if (!SHAPE.test(name)) return `${JSON.stringify(name)}: is not the name of a network interface; ${fix}`;
  if (/^[0-9]+$/.test(name)) return `"${name}": a bare number is an index into tcpdump's list of devices, not a name; ${fix}`;
  if (PSEUDO_DEVICE.test(name)) return `"${name}": is a pseudo device of libpcap, not an interface of the pod; ${fix}`;
  return undefined;
}
