// The whole operator as a process of its own, for tests that run more than one.
import { answered } from './falls-asleep.js';
import { runOperator } from '../../../src/operator/main.js';

const code = await runOperator(process.argv.slice(2));
await answered;
process.exit(code);
