// A jest reporter: keeps what became of each hostile case of a run, in a file of its own, until `make test` begins anew.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const FOLDER = 'node_modules/.cache/hostile';

export default class HostileReporter {
  constructor({ rootDir }) {
    this.rootDir = rootDir;
    this.cases = [];
  }

  onTestResult({ path, context }, { testResults }) {
    const file = relative(this.rootDir, path);
    const project = context.config.displayName?.name ?? '';
    for (const { ancestorTitles, title, status } of testResults) {
      if (ancestorTitles[0]?.startsWith('hostile: ')) this.cases.push({ project, file, titles: [...ancestorTitles, title], status });
    }
  }

  onRunComplete(_contexts, { startTime }) {
    if (this.cases.length === 0) return;
    const folder = join(this.rootDir, FOLDER);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${startTime}-${process.pid}.json`), JSON.stringify(this.cases));
  }
}
