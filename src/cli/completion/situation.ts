// Where on a command line the unfinished word stands: a command's name, a flag's, a flag's value, an argument.
import type { Command, Option } from 'commander';
import type { GlobalFlags } from '../flags.js';

export interface Situation {
  command: Command;
  /** What is to be completed. For --flag=val the part behind the =. */
  unfinished: string;
  wanted: { kind: 'command' } | { kind: 'flag' } | { kind: 'value'; option: Option } | { kind: 'argument'; name: string; before: readonly string[] } | { kind: 'nothing' };
  flags: GlobalFlags;
}

export function situationOf(program: Command, words: readonly string[]): Situation {
  const unfinished = words.at(-1) ?? '';
  const flags: Record<string, unknown> = {};
  const operands: string[] = [];
  let command = program;
  let pending: Option | undefined;
  let isBehindDashes = false;
  const set = (option: Option, value: string): void => {
    const name = option.attributeName();
    flags[name] = name === 'asGroup' ? [...((flags[name] as string[] | undefined) ?? []), value] : option.parseArg && name === 'requestTimeout' ? undefined : value;
  };
  for (const word of words.slice(0, -1)) {
    if (isBehindDashes) operands.push(word);
    else if (pending) {
      set(pending, word);
      pending = undefined;
    } else if (word === '--') isBehindDashes = true;
    else if (word.startsWith('-') && word.length > 1) {
      const { option, value } = flagOf(command, word);
      if (option?.required && value === undefined) pending = option;
      else if (option?.required) set(option, value as string);
      else if (option) flags[option.attributeName()] = true;
    } else {
      const next = command === program ? commandOf(program, word) : undefined;
      if (next) command = next;
      else operands.push(word);
    }
  }
  const situation = { command, unfinished, flags: flags as GlobalFlags };
  if (isBehindDashes) return { ...situation, wanted: { kind: 'nothing' } };
  if (pending) return { ...situation, wanted: { kind: 'value', option: pending } };
  if (unfinished.startsWith('-')) {
    const { option, value } = flagOf(command, unfinished);
    return value !== undefined && option?.required ? { ...situation, unfinished: value, wanted: { kind: 'value', option } } : { ...situation, wanted: { kind: 'flag' } };
  }
  if (command === program) return { ...situation, wanted: operands.length === 0 ? { kind: 'command' } : { kind: 'nothing' } };
  const argument = command.registeredArguments[operands.length] ?? command.registeredArguments.at(-1);
  const isWanted = argument !== undefined && (operands.length < command.registeredArguments.length || argument.variadic);
  return { ...situation, wanted: isWanted ? { kind: 'argument', name: argument.name(), before: operands } : { kind: 'nothing' } };
}

/** --flag, --flag=value, -f, -fvalue. */
function flagOf(command: Command, word: string): { option: Option | undefined; value: string | undefined } {
  const at = word.startsWith('--') ? word.indexOf('=') : word.length > 2 ? 2 : -1;
  const name = at < 0 ? word : word.slice(0, at);
  return { option: command.options.find(({ long, short }) => long === name || short === name), value: at < 0 ? undefined : word.slice(at).replace(/^=/, '') };
}

const commandOf = (program: Command, word: string): Command | undefined => program.commands.find((command) => command.name() === word || command.aliases().includes(word));
