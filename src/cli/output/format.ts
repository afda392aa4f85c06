// Objects as people and programs take them with -o: as JSON, as YAML, by name.
import { Option } from 'commander';
import { GROUP } from '../../api/group.js';
import type { KubeObject, NewObject } from '../../kube/object.js';
import type { Io } from '../io.js';
import { toJSON, toYAML } from './text.js';

export type Format = 'json' | 'yaml' | 'name' | 'wide';

export const outputOption = (formats: readonly Format[]): Option => new Option('-o, --output <format>', `output: ${formats.join(', ')}`).choices(formats);

/** As kubectl names objects: packetcapture.packetcapture.dev/web. */
export const captureRef = (name: string): string => `packetcapture.${GROUP}/${name}`;

type AnyObject = KubeObject | NewObject;

export function printObject(io: Io, object: AnyObject, format: Exclude<Format, 'wide'>): void {
  io.stdout.write(format === 'name' ? `${captureRef(object.metadata.name ?? '')}\n` : format === 'json' ? toJSON(shown(object)) : toYAML(shown(object)));
}

/** As kubectl's list of what was asked for. */
export function printObjects(io: Io, items: readonly AnyObject[], format: Exclude<Format, 'wide'>): void {
  if (format === 'name') return void io.stdout.write(items.map(({ metadata }) => `${captureRef(metadata.name ?? '')}\n`).join(''));
  const list = { apiVersion: 'v1', items: items.map(shown), kind: 'List', metadata: { resourceVersion: '' } };
  io.stdout.write(format === 'json' ? toJSON(list) : toYAML(list));
}

/** Without what kubectl leaves out too. */
function shown(object: AnyObject): AnyObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: metadata };
}
