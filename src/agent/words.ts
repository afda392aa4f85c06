// Words that a pod or a program chose, names of interfaces or tcpdump's complaints, made fit for a report: they end on somebody's terminal.

const MAX_LENGTH = 500;

/** On one line, without what a terminal or a reader's eye obeys: control characters, directions of writing, invisible ones. */
export function plainWords(text: string): string {
  const plain = text.slice(0, 2 * MAX_LENGTH).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, '\ufffd');
  return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH - 3)}...` : plain;
}
