// Runs main.ts, or check.ts where `check` is asked for.
import '../../hack/test/typescript.mjs';

const name = process.argv[2] === 'check' ? 'check' : 'main';
await import(new URL(`./${name}.ts`, import.meta.url).href);
