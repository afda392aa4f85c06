// What is wrong with a fenced block, by its language; nothing is run and no server is asked.
import { commandProblem } from './commands.js';
import { consoleOf } from './console.js';
import { objectsOf } from './objects.js';
import { isOurs, problemsOfOurs } from './our-kinds.js';
import { problemsOfOther } from './other-kinds.js';
import { inlineCodeOf, type Block } from './pages.js';
import { commandsOf } from './shell.js';
import { tableProblem } from './tables.js';

/** Shown, not checked here: text is anything, promql is asked of a real Prometheus where it stands in a rule or a dashboard. */
const NOT_CHECKED = new Set(['text', 'promql', 'diff', 'mermaid']);

export async function problemsOf({ language, text }: Block): Promise<string[]> {
  try {
    switch (language) {
      case 'yaml':
        return objectsOf(text).flatMap((object) => (isOurs(object) ? problemsOfOurs(object) : problemsOfOther(object)));
      case 'sh':
        return /^\s*\$ /m.test(text) ? ['a prompt: that is a console block'] : await problemsOfCommands(text);
      case 'console':
        return (await Promise.all(consoleOf(text).map(async ({ command, output }) => [...(await problemsOfCommands(command)), ...problemsOfTable(command, output)]))).flat();
      case 'json':
        JSON.parse(text);
        return [];
      case '':
        return ['the fence says no language: yaml, sh, console, text, json or promql'];
      default:
        return NOT_CHECKED.has(language) ? [] : [`${language}: the test does not know this language`];
    }
  } catch (error) {
    return [(error as Error).message];
  }
}

async function problemsOfCommands(text: string): Promise<string[]> {
  const problems = await Promise.all(commandsOf(text).map(commandProblem));
  return problems.filter((problem) => problem !== undefined);
}

/** Of commands in backticks in the text: they may leave out what the sentence says. */
export async function problemsOfInline(text: string): Promise<string[]> {
  const codes = inlineCodeOf(text).filter((code) => /^(make|npm run|kubectl pktcap) /.test(code) && !code.includes('…') && !/^kubectl pktcap (--help|COMMAND)/.test(code));
  const problems = await Promise.all(codes.map(async (code) => problemsOfCommands(code.replaceAll(/<[^>]*>/g, 'NAME'))));
  return problems.flat().filter((problem) => !/missing required argument|name what to capture|name the pods/.test(problem));
}

const problemsOfTable = (command: string, output: string): string[] => tableProblem(command, output).map((problem) => `${command}: ${problem}`);
