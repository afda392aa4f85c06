// What pages that are made of tables share.

/** GitHub's tables end a cell at a bar, and a line. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
export const code = (text: string): string => `\`${cell(text)}\``;
export const table = (head: string[], rows: string[][]): string => [head, head.map(() => '---'), ...rows].map((row) => (row[0] === '---' ? `|${row.join('|')}|` : `| ${row.join(' | ')} |`)).join('\n');

/** Of a reason's row in docs/reasons.md. */
export const reasonAnchor = (reason: string): string => reason.toLowerCase();
export const reasonLink = (reason: string): string => `[${code(reason)}](reasons.md#${reasonAnchor(reason)})`;

const LIMITS: [keyword: string, say: (limit: number) => string][] = [
  ['minimum', (limit) => `at least ${limit}`],
  ['maximum', (limit) => `at most ${limit}`],
  ['minLength', (limit) => (limit === 1 ? 'not empty' : `at least ${limit} characters`)],
  ['maxLength', (limit) => `at most ${limit} characters`],
  ['maxItems', (limit) => `at most ${limit} items`],
  ['maxProperties', (limit) => `at most ${limit} entries`],
];

/** What a schema demands of a value besides its type. */
export function demandsOf(schema: object): string[] {
  const { enum: values, pattern, ...limits } = schema as { enum?: string[]; pattern?: string; [keyword: string]: unknown };
  const said = LIMITS.flatMap(([keyword, say]) => (limits[keyword] === undefined ? [] : [say(limits[keyword] as number)]));
  return [...(values ? [values.map(code).join(', ')] : []), ...said, ...(pattern === undefined ? [] : [code(pattern)])];
}
