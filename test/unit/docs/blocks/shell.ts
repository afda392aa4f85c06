// What a shell makes of the lines of a block, as far as documentation uses it: commands with their words, in pipes and substitutions.

export interface Command {
  words: string[];
  /** What `<<EOF` gives it. */
  stdin?: string;
  /** Of its first word, from 1. */
  line: number;
}

/** Stands in a word for what only a running shell knows: $VARIABLE, $(command). */
export const UNKNOWN = 'unknown';

const KEYWORDS = new Set(['do', 'done', 'then', 'else', 'elif', 'fi', 'if', 'while', 'until', '!', '{', '}']);

/** Every command, those in substitutions first. Throws where a quote or a parenthesis is not closed. */
export function commandsOf(text: string): Command[] {
  return new Reader(text, 1).commands('');
}

class Reader {
  private at = 0;
  private readonly found: Command[] = [];
  private readonly heredocs: { command: Command; end: string }[] = [];

  constructor(private readonly text: string, private line: number) {}

  /** Up to `until`, a closing parenthesis or the end of the text. */
  commands(until: '' | ')'): Command[] {
    let words: string[] = [];
    let command: Command | undefined;
    const end = (): void => {
      if (command !== undefined) {
        command.words = commandWords(words);
        if (command.words.length > 0) this.found.push(command);
      }
      [words, command] = [[], undefined];
    };
    for (;;) {
      this.skipBlanks();
      const c = this.text[this.at];
      if (c === undefined || c === ')') {
        if ((c ?? '') !== until) throw new Error(c === undefined ? 'a parenthesis is not closed' : 'a parenthesis is not opened');
        end();
        return this.found;
      }
      if (c === '\n') {
        end();
        this.newline();
      } else if (';|&('.includes(c)) {
        end();
        this.at += 1;
      } else if (/^\d?[<>]/.test(this.text.slice(this.at))) this.redirection((command ??= { words: [], line: this.line }));
      else {
        command ??= { words: [], line: this.line };
        words.push(this.word());
      }
    }
  }

  private skipBlanks(): void {
    for (;;) {
      if (this.text.startsWith('\\\n', this.at)) {
        this.at += 2;
        this.line += 1;
      } else if (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at += 1;
      else if (this.text[this.at] === '#') while (this.text[this.at] !== undefined && this.text[this.at] !== '\n') this.at += 1;
      else return;
    }
  }

  /** And over the texts that the line asked for by <<. */
  private newline(): void {
    this.at += 1;
    this.line += 1;
    for (const { command, end } of this.heredocs.splice(0)) {
      const rest = this.text.slice(this.at);
      const close = new RegExp(`^${end}$`, 'm').exec(rest);
      if (close === null) throw new Error(`no line ${end} ends <<${end}`);
      command.stdin = rest.slice(0, close.index);
      this.line += command.stdin.split('\n').length - 1;
      this.at += close.index + close[0].length;
    }
  }

  private redirection(command: Command): void {
    const [operator = ''] = /^\d?(<<<|<<-?|>>|>&|<&|[<>])/.exec(this.text.slice(this.at)) ?? [];
    this.at += operator.length;
    this.skipBlanks();
    const target = this.word();
    if (target === '') throw new Error(`nothing stands behind ${operator}`);
    if (operator.startsWith('<<') && operator !== '<<<') this.heredocs.push({ command, end: target });
  }

  private word(): string {
    let word = '';
    for (;;) {
      const c = this.text[this.at];
      if (c === undefined || /[\s;|&()<>]/.test(c)) return word;
      this.at += 1;
      if (c === "'") word += this.upTo("'");
      else if (c === '"') word += this.quoted();
      else if (c === '\\') {
        word += this.text[this.at] ?? '';
        this.at += 1;
      } else if (c === '$') word += this.expansion();
      else word += c;
    }
  }

  private upTo(end: string): string {
    const close = this.text.indexOf(end, this.at);
    if (close < 0) throw new Error(`a ${end} is not closed`);
    const inside = this.text.slice(this.at, close);
    this.line += inside.split('\n').length - 1;
    this.at = close + 1;
    return inside;
  }

  private quoted(): string {
    let inside = '';
    for (;;) {
      const c = this.text[this.at];
      if (c === undefined) throw new Error('a " is not closed');
      this.at += 1;
      if (c === '"') return inside;
      if (c === '\n') this.line += 1;
      if (c === '$') inside += this.expansion();
      else if (c === '\\' && /["$`\\]/.test(this.text[this.at] ?? '')) {
        inside += this.text[this.at];
        this.at += 1;
      } else inside += c;
    }
  }

  /** Behind a $. */
  private expansion(): string {
    const rest = this.text.slice(this.at);
    if (rest.startsWith('(')) {
      const inner = new Reader(this.text, this.line);
      inner.at = this.at + 1;
      this.found.push(...inner.commands(')'));
      [this.at, this.line] = [inner.at + 1, inner.line];
      return UNKNOWN;
    }
    if (rest.startsWith('{')) {
      this.at += 1;
      this.upTo('}');
      return UNKNOWN;
    }
    const [name] = /^(\w+|[!?#@*$-])/.exec(rest) ?? [];
    if (name === undefined) return '$';
    this.at += name.length;
    return UNKNOWN;
  }
}

/** Without keywords before it and variables set for it. */
function commandWords(words: string[]): string[] {
  const rest = [...words];
  while (rest[0] !== undefined && (KEYWORDS.has(rest[0]) || /^[A-Za-z_]\w*=/.test(rest[0]))) rest.shift();
  return rest[0] === 'for' ? [] : rest;
}
