// Words that a pod or a program chose, names of interfaces or tcpdump's complaints, made fit for a report: they end on somebody's terminal.
import { shortened, withoutUnseen } from '../api/printable.js';

const MAX_LENGTH = 500;

/** On one line, without what a terminal or a reader's eye obeys. */
export const plainWords = (text: string): string => shortened(withoutUnseen(text.slice(0, 2 * MAX_LENGTH), '\ufffd'), MAX_LENGTH);
