// Prints the table of the hostile cases that have run since `make test` began. Exit status 1 when one failed, or when too few ran.
import { readFileSync, readdirSync } from 'node:fs';
import { build } from 'esbuild';
import { FOLDER } from './reporter.mjs';

const { outputFiles } = await build({ entryPoints: [new URL('table.ts', import.meta.url).pathname], bundle: true, format: 'esm', platform: 'node', write: false });
const { casesOf, tableOf, problemsOf } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);

const folder = new URL(`../../${FOLDER}/`, import.meta.url);
let files = [];
try {
  files = readdirSync(folder).sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
}
const cases = casesOf(files.map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))));
const problems = problemsOf(cases);
console.log(`${tableOf(cases)}\n\n${cases.length} hostile cases${problems.length === 0 ? ', all as they should be' : ''}`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
