// Every command of the plugin, in the order in which help lists them.
import { defineCheck } from './commands/check.js';
import { defineDownload } from './commands/download.js';
import { defineStop } from './commands/stop.js';
import { defineWait } from './commands/wait.js';
import type { DefineCommand } from './definition.js';

export const COMMANDS: readonly DefineCommand[] = [
  defineWait,
  defineStop,
  defineDownload,
  defineCheck,
];
