// Runs main.ts.
import '../../hack/test/typescript.mjs';

await import(new URL('./main.ts', import.meta.url).href);
