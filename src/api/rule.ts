// One rule that a schema alone cannot say: what it demands, the operator's check, and the same in CEL for API servers that evaluate it.
import type { PacketCaptureSpec } from './packetcapture.js';

export interface Rule {
  /** Path of the field that is at fault. */
  field: string;
  /** What the rule demands, for the documentation. */
  demands: string;
  /** The rest of the sentence after the field, with the value and the fix, or undefined where the spec keeps the rule. */
  check(spec: PacketCaptureSpec): string | undefined;
  /** All of them together never refuse what `check` accepts. */
  cel: CEL[];
  /** What the operator refuses and CEL does not, and why. Absent: both refuse the same. */
  leaves?: string;
}

export interface CEL {
  /** Path of what `self` is: the rule's field, unless it says so. `[]` after a list is each of its items, `.*` after a map each of its values. Where it is absent nothing is evaluated. */
  scope?: string;
  /** Path below the scope of what is at fault. Absent: the scope itself. */
  below?: string;
  /** True where the spec keeps the rule. Defaults are filled in before. */
  expression: string;
  /** What is demanded and the fix, as it stands after the field and its value. */
  message: string;
  /** Expression of what the message begins with. Absent: the value at fault, where it is a string. */
  value?: string;
}
