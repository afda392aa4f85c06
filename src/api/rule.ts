// One rule that a schema alone cannot say: what it demands, the operator's check, and the same in CEL for API servers that evaluate it.
import type { PacketCaptureSpec } from './packetcapture.js';

export interface Rule {
  /** Path of the field that is at fault. */
  field: string;
  /** What the rule demands, for the documentation. */
  demands: string;
  /** The rest of the sentence after the field, with the value and the fix, or undefined where the spec keeps the rule. */
  check(spec: PacketCaptureSpec): string | undefined;
  cel: CEL;
}

/** Never refuses what `check` accepts. */
export interface CEL {
  /** Path of what `self` is: the field itself, unless the rule looks at its neighbours too. Where it is absent nothing is evaluated. */
  scope?: string;
  /** True where the spec keeps the rule. Defaults are filled in before. */
  expression: string;
  /** What is demanded and the fix, as it stands after the field and its value. */
  message: string;
  /** What the operator refuses and this does not, and why. Absent: both refuse the same. */
  leaves?: string;
}
