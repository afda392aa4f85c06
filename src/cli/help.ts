// How help is laid out, and which flags are suggested for a mistaken one.
import { type Command, Help, type Option } from 'commander';

export const HELP_WIDTH = 80;

/** Set while help is written, and not while a suggestion is looked for. */
type Layout = Help & { isWriting?: boolean };

/** Hidden flags (kubectl's own, in the help of a command) are suggested all the same. */
export const HELP_LAYOUT = {
  helpWidth: HELP_WIDTH,
  minWidthToWrap: 20,
  prepareContext(this: Layout, context: Parameters<Help['prepareContext']>[0]): void {
    Help.prototype.prepareContext.call(this, context);
    this.isWriting = true;
  },
  visibleOptions(this: Layout, command: Command): Option[] {
    return this.isWriting ? Help.prototype.visibleOptions.call(this, command) : [...command.options];
  },
};
