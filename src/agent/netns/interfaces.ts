// The interfaces of a network namespace, for the manifest: LINUX_SLL2 packets carry only their index.
import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import type { RunChild } from '../../tcpdump/child.js';

export interface NetworkInterface {
  index: number;
  name: string;
  mac?: string | undefined;
}

const linksSchema = z.array(z.object({ ifindex: z.number().int(), ifname: z.string(), address: z.string().optional() }));

/** In a name, `ip` leaves control characters as they are, which JSON does not allow. */
const escaped = (json: string): string => json.replace(/(?!\n)\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The output of `ip -json link show`. */
export function parseLinks(json: string): NetworkInterface[] {
  return linksSchema.parse(JSON.parse(escaped(json))).map(({ ifindex, ifname, address }) => ({ index: ifindex, name: ifname, ...(address !== undefined && { mac: address }) }));
}

export interface InterfacesLog {
  warn(fields: object, message: string): void;
}

/** None where `ip` is missing or fails: the table is an aid to the reader of a manifest, no condition for capturing. Never rejects. */
export const interfacesOf = (run: RunChild, netns: FileHandle, log: InterfacesLog): Promise<NetworkInterface[]> =>
  listInterfaces(run, netns).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'interfaces of the target could not be listed for the manifest');
    return [];
  });

async function listInterfaces(run: RunChild, netns: FileHandle): Promise<NetworkInterface[]> {
  const { code, stdout, stderr } = await run(['nsenter', '--net=/proc/self/fd/3', 'ip', '-json', 'link', 'show'], { descriptors: [netns.fd], timeoutMs: 5000 });
  if (code !== 0) throw new Error(`ip -json link show: ${stderr.trim()}`);
  return parseLinks(stdout);
}
