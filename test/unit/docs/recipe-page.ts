// A page of docs/recipes, taken apart: what it has people apply, type, and enter into Wireshark.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { parseCaptureSpec, type CaptureSpec } from '../../../src/api/capture-spec.js';

const root = new URL('../../../', import.meta.url);

export const RECIPES = readdirSync(new URL('docs/recipes/', root)).filter((file) => file.endsWith('.md') && file !== 'README.md').map((file) => file.replace(/\.md$/, ''));

export interface Recipe {
  name: string;
  text: string;
  /** The object, as text. */
  yaml: string;
  object: { metadata: { name: string; namespace: string }; spec: Record<string, unknown> };
  /** The line of the plugin that writes the same. */
  start: string;
  /** Of the table that explains the filter. */
  tokens: string[];
  /** What to see, and the display filter that shows it. */
  displayFilters: Record<string, string>;
  /** Fields worth a column. */
  columns: string[];
  /** Settings that it needs, as tshark's -o takes them. */
  preferences: string[];
  /** As tshark's -z takes them. */
  statistics: string[];
}

const section = (text: string, heading: string): string => new RegExp(`^## ${heading}\\n(.*?)(?=^## |(?![\\s\\S]))`, 'ms').exec(text)?.[1] ?? '';
/** Rows without the head; a bar within a cell is written `\|`. */
const rows = (text: string): string[][] => text.split('\n').filter((line) => line.startsWith('| ')).slice(1).map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')));
const codes = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
/** Of an option, among the codes of a line. */
const values = (text: string, option: string): string[] => codes(text).filter((code) => code.startsWith(option)).map((code) => code.slice(option.length));
const line = (text: string, start: string): string => text.split('\n').find((one) => one.startsWith(start)) ?? '';

export function recipe(name: string): Recipe {
  const text = readFileSync(new URL(`docs/recipes/${name}.md`, root), 'utf8');
  const yaml = /^```yaml\n(.*?)^```/ms.exec(text)?.[1] ?? '';
  const wireshark = section(text, 'In Wireshark');
  return {
    name,
    text,
    yaml,
    object: parse(yaml) as Recipe['object'],
    start: /^```sh\n(kubectl pktcap start .*)$/m.exec(text)?.[1] ?? '',
    tokens: rows(section(text, 'The filter')).map(([cell = '']) => codes(cell).join(' ')),
    displayFilters: Object.fromEntries(rows(wireshark).map(([what = '', filter = '']) => [what, codes(filter)[0] ?? ''])),
    columns: codes(line(wireshark, 'Columns:')),
    preferences: values(line(wireshark, 'Preferences:'), '-o '),
    statistics: values(line(wireshark, 'Statistics:'), '-z '),
  };
}

/** Throws where the spec breaks a rule. */
export function specOf({ object }: Recipe): CaptureSpec {
  const { spec, problems } = parseCaptureSpec(object.spec);
  if (!spec) throw new Error(problems?.join('; '));
  return spec;
}
