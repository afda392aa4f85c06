// Every command of the plugin, in the order in which help lists them.
import { defineCheck } from './commands/check.js';
import { defineCompletion } from './commands/completion.js';
import { defineDelete } from './commands/delete.js';
import { defineDownload } from './commands/download.js';
import { defineExplain } from './commands/explain.js';
import { defineList } from './commands/list.js';
import { defineLive } from './commands/live.js';
import { defineSnapshot } from './commands/snapshot.js';
import { defineStart } from './commands/start.js';
import { defineStop } from './commands/stop.js';
import { defineVersion } from './commands/version.js';
import { defineWait } from './commands/wait.js';
import { defineWatch } from './commands/watch.js';
import type { DefineCommand } from './definition.js';

export const COMMANDS: readonly DefineCommand[] = [
  defineStart,
  defineWatch,
  defineWait,
  defineLive,
  defineSnapshot,
  defineStop,
  defineDownload,
  defineList,
  defineExplain,
  defineCheck,
  defineDelete,
  defineCompletion,
  defineVersion,
];
