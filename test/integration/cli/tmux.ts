// A terminal of any size with a shell in it, as tmux makes one: what is typed into it, and what is seen on it.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../eventually.js';

export interface Terminal {
  /** Types a line, and Enter. */
  type(line: string): Promise<void>;
  /** A key by tmux's name for it: `C-c`. */
  press(key: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** The rows that are seen now, without blank ones at their end; `joined`: with those made one again that the terminal wrapped. */
  seen(options?: { joined?: boolean }): Promise<string[]>;
  /** The same with the escapes of colours. */
  colours(): Promise<string>;
  /** The rows, as soon as `check` holds of them. */
  shows(what: string, check: (rows: string[]) => boolean): Promise<string[]>;
  /** The program in it draws on the alternate screen. */
  isAlternate(): Promise<boolean>;
  hasCursor(): Promise<boolean>;
  close(): Promise<void>;
}

const run = promisify(execFile);

export async function openTerminal({ columns, rows, env = {} }: { columns: number; rows: number; env?: Record<string, string> }): Promise<Terminal> {
  const folder = await mkdtemp(join(tmpdir(), 'tmux-'));
  const tmuxEnv = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LC_ALL: 'C.UTF-8' };
  const tmux = async (...args: string[]): Promise<string> => (await run('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', '-u', ...args], { env: tmuxEnv })).stdout;
  const display = async (format: string): Promise<string> => (await tmux('display-message', '-p', '-t', 'main', format)).trim();
  const seen = async ({ joined = false } = {}): Promise<string[]> => (await tmux('capture-pane', '-p', ...(joined ? ['-J'] : []), '-t', 'main')).trimEnd().split('\n').map((row) => row.trimEnd());
  const shellEnv = Object.entries({ PS1: '> ', ...env }).map(([key, value]) => `'${key}=${value}'`);
  await tmux('new-session', '-d', '-s', 'main', '-x', String(columns), '-y', String(rows), `exec env ${shellEnv.join(' ')} bash --norc --noprofile`);
  await tmux('set-option', '-g', 'status', 'off');
  const terminal: Terminal = {
    async type(line) {
      await tmux('send-keys', '-t', 'main', '-l', line);
      await tmux('send-keys', '-t', 'main', 'Enter');
    },
    press: async (key) => void (await tmux('send-keys', '-t', 'main', key)),
    resize: async (width, height) => void (await tmux('resize-window', '-t', 'main', '-x', String(width), '-y', String(height))),
    seen,
    colours: () => tmux('capture-pane', '-p', '-e', '-t', 'main'),
    async shows(what, check) {
      let last: string[] = [];
      return eventually(what, async () => (check((last = await seen())) ? last : undefined), { timeoutMs: 30_000, everyMs: 50 }).catch((error: unknown) => {
        throw new Error(`${what}: not so; the terminal shows\n${last.join('\n')}`, { cause: error });
      });
    },
    isAlternate: async () => (await display('#{alternate_on}')) === '1',
    hasCursor: async () => (await display('#{cursor_flag}')) === '1',
    async close() {
      await tmux('kill-server');
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await terminal.resize(columns, rows);
    await terminal.shows('a prompt', (lines) => lines.at(-1) === '>');
    return terminal;
  } catch (error) {
    await terminal.close();
    throw error;
  }
}
