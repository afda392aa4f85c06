// A console block: commands behind a prompt, each with what it printed.

export interface Shown {
  command: string;
  output: string;
}

/** Throws where it does not begin with a prompt. */
export function consoleOf(text: string): Shown[] {
  const shown: Shown[] = [];
  let continues = false;
  for (const line of text.split('\n')) {
    const last = shown.at(-1);
    if (line.startsWith('$ ')) shown.push({ command: line.slice(2), output: '' });
    else if (last === undefined) throw new Error('begin with a prompt: "$ "');
    else if (continues) last.command += `\n${line}`;
    else last.output += `${line}\n`;
    continues = (continues || line.startsWith('$ ')) && line.endsWith('\\');
  }
  return shown;
}
