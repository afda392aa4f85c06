// An image as an OCI folder: how large it is, and a copy of it that no node has seen.
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}
interface Manifest {
  config: Descriptor;
  layers: Descriptor[];
}
interface Config {
  rootfs: { diff_ids: string[] };
  history?: object[];
}

const blob = (folder: string, digest: string): string => join(folder, 'blobs', digest.replace(':', '/'));
const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const parsed = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

const indexOf = (folder: string): { manifests: Descriptor[] } => parsed(join(folder, 'index.json'));
const manifestOf = (folder: string): Manifest => parsed(blob(folder, indexOf(folder).manifests[0]?.digest ?? ''));

/** The layers as a registry keeps them and a node fetches them, in bytes. */
export const compressedBytes = (folder: string): number => manifestOf(folder).layers.reduce((sum, { size }) => sum + size, 0);

/** The same layers as they are unpacked: tar files. */
export const unpackedBytes = (folder: string): number => manifestOf(folder).layers.reduce((sum, { digest }) => sum + gunzipSync(readFileSync(blob(folder, digest))).length, 0);

/** A copy with one small file below all the rest: every layer above is another one to a node, which has none of them unpacked. */
export function unseenCopy(of: string, folder: string, name: string): void {
  cpSync(of, folder, { recursive: true });
  const put = (bytes: Buffer, mediaType: string): Descriptor => {
    writeFileSync(blob(folder, digestOf(bytes)), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const manifest = manifestOf(folder);
  const config = parsed<Config>(blob(folder, manifest.config.digest));
  const tar = tarOf('.unseen', randomBytes(16).toString('hex'));
  const layer = put(gzipSync(tar), 'application/vnd.oci.image.layer.v1.tar+gzip');
  const changed = { ...config, rootfs: { ...config.rootfs, diff_ids: [digestOf(tar), ...config.rootfs.diff_ids] }, history: [] };
  const configured = put(Buffer.from(JSON.stringify(changed)), manifest.config.mediaType);
  const described = put(Buffer.from(JSON.stringify({ ...manifest, config: configured, layers: [layer, ...manifest.layers] })), indexOf(folder).manifests[0]?.mediaType ?? '');
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [{ ...described, annotations: { 'io.containerd.image.name': name } }] }));
}

/** One file of fewer than 512 bytes, in the ustar format. */
function tarOf(name: string, text: string): Buffer {
  const header = Buffer.alloc(512);
  const fields: [at: number, value: string][] = [[0, name], [100, '0000644\0'], [108, '0000000\0'], [116, '0000000\0'], [124, `${text.length.toString(8).padStart(11, '0')}\0`], [136, '00000000000\0'], [148, '        '], [156, '0'], [257, 'ustar\u000000']];
  for (const [at, value] of fields) header.write(value, at, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const body = Buffer.alloc(512);
  body.write(text);
  return Buffer.concat([header, body, Buffer.alloc(1024)]);
}

