// The whole operator as a process of its own, for tests that run more than one.
import { runOperator } from '../../../src/operator/main.js';

process.exit(await runOperator(process.argv.slice(2)));
