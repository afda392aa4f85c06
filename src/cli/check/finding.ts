// What a check found: one line for people, and whether anything is wrong.

export type Result = 'ok' | 'warn' | 'fail';

/** What is looked at, in the order in which it is said. */
export type Subject = 'server' | 'crds' | 'operator' | 'destinations' | 'rights' | 'nodes';

export interface Finding {
  subject: Subject;
  result: Result;
  message: string;
  /** What to do; always there where the result is fail. */
  fix?: string;
}

export interface Findings {
  ok: (message: string) => Finding;
  /** Nothing that keeps captures from working, or not known. */
  warn: (message: string, fix?: string) => Finding;
  fail: (message: string, fix: string) => Finding;
}

export const findingsOf = (subject: Subject): Findings => ({
  ok: (message) => ({ subject, result: 'ok', message }),
  warn: (message, fix) => ({ subject, result: 'warn', message, ...(fix !== undefined && { fix }) }),
  fail: (message, fix) => ({ subject, result: 'fail', message, fix }),
});
