// The agent as its Job runs it, with the real uploader.
import { runAgent } from '../../../src/agent/main.js';

process.exit(await runAgent());
