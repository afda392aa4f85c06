// Completion as kubectl (from 1.26 on) asks for it: the words so far, the last one unfinished; candidates on stdout, then a directive for the shell.
import type { Command } from 'commander';
import { printable } from '../../api/printable.js';
import type { GlobalFlags } from '../flags.js';
import type { Io } from '../io.js';
import type { Session } from '../session.js';
import { candidates, FILES } from './candidates.js';
import type { Candidate } from './cluster.js';
import { situationOf } from './situation.js';

/** As cobra has them, to be added up. */
const DIRECTIVE = { default: 0, noSpace: 2, noFiles: 4 };

/** A shell waits for it. */
const MOST_MS = 2000;

export interface CompletionParts {
  program: Command;
  io: Io;
  open: (flags: GlobalFlags, signal: AbortSignal) => Session;
}

/** Whatever goes wrong: nothing to offer, and not a word. */
export async function complete(words: readonly string[], { program, io, open }: CompletionParts): Promise<void> {
  const situation = situationOf(program, words);
  const late = new AbortController();
  const cancel = io.clock.schedule(MOST_MS, () => late.abort());
  const limit = new Promise<Candidate[]>((resolve) => late.signal.addEventListener('abort', () => resolve([]), { once: true }));
  const found = await Promise.race([
    candidates(situation, { env: io.env, session: () => open(situation.flags, AbortSignal.any([io.signal, late.signal])) }).catch((): Candidate[] => []),
    limit,
  ]);
  cancel();
  if (found === FILES) return void io.stdout.write(`:${DIRECTIVE.default}\n`);
  const fitting = found.filter(({ word }) => word.startsWith(situation.unfinished));
  const lines = fitting.map(({ word, about }) => (about === undefined ? word : `${word}\t${about}`).split('\t').map(printable).join('\t'));
  // Behind pod/ the name follows.
  const isBeginning = fitting.length > 0 && fitting.every(({ word }) => word.endsWith('/'));
  io.stdout.write([...lines, `:${DIRECTIVE.noFiles + (isBeginning ? DIRECTIVE.noSpace : 0)}`, ''].join('\n'));
}
