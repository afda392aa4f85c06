// JSON and YAML that a terminal takes for text, whatever stands in the values: what it would act on is escaped, and reads back the same.
import { Document, Scalar, visit } from 'yaml';

/** Beyond what both escape by themselves: controls of eight bits, marks of direction, what nobody sees. */
const UNSEEN = /[\p{C}\u2028\u2029]/u;
const UNSEEN_BUT_LINES = /[^\n\P{C}]|[\u2028\u2029]/gu;

const escaped = (text: string): string =>
  text.replace(UNSEEN_BUT_LINES, (character) => [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''));

/** Indented as kubectl indents. */
export const toJSON = (value: unknown): string => `${escaped(JSON.stringify(value, null, 4))}\n`;

/** For readers of YAML 1.1, as Kubernetes' are: "on" and "1:30" stay strings. */
export function toYAML(value: unknown): string {
  const document = new Document(value, { version: '1.1', aliasDuplicateObjects: false });
  document.directives = undefined;
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && UNSEEN.test(node.value.replaceAll('\n', ''))) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return escaped(document.toString({ lineWidth: 0, directives: false }));
}
