// The rules of durations.
import { parseDurationMs, parseDurationNs } from './duration.js';
import type { PacketCaptureSpec } from './packetcapture.js';
import type { Rule } from './rule.js';

const NS_PER_SECOND = 1_000_000_000n;

export const duration: Rule = {
  field: 'spec.duration',
  demands: 'longer than 0; `0s` (until stopped) needs `upload.policy: OnDemand`',
  check: untilStopped,
  cel: [
    {
      scope: 'spec',
      below: '.duration',
      // Past 292 years duration() is an error, which refuses the object too; the API server shows it before the message.
      expression: `duration(self.duration) >= duration(self.upload.policy == 'OnDemand' ? '0s' : '1ns')`,
      message: 'must be longer than 0 and below 292 years, for example "5m"; "0s" (until stopped) is for a flight recorder: add "upload: {policy: OnDemand}"',
    },
  ],
};

export const rotateInterval: Rule = {
  field: 'spec.ring.rotateInterval',
  demands: 'whole seconds, at least 1s',
  check: ({ ring }) => (ring.rotateInterval === undefined ? undefined : wholeSeconds(ring.rotateInterval)),
  cel: [
    {
      // int() of a duration is its nanoseconds.
      expression: 'int(duration(self)) >= 1000000000 && int(duration(self)) % 1000000000 == 0',
      message: `must be whole seconds, at least 1s (tcpdump's -G counts in seconds); use for example "30s"`,
    },
  ],
};

function untilStopped({ duration: value, upload }: PacketCaptureSpec): string | undefined {
  const ms = parseDurationMs(value);
  if (ms === undefined) return `"${value.slice(0, 64)}": is no duration below 292 years; write for example "5m"`;
  return ms === 0 && upload.policy !== 'OnDemand' ? `"${value}": only a flight recorder captures until it is stopped; write for example "5m", or add "upload: {policy: OnDemand}"` : undefined;
}

function wholeSeconds(value: string): string | undefined {
  const ns = parseDurationNs(value);
  if (ns === undefined) return `"${value.slice(0, 64)}": is no duration below 292 years; write for example "30s"`;
  if (ns > 0n && ns % NS_PER_SECOND === 0n) return undefined;
  const seconds = Math.max(1, Math.round(Number(ns) / Number(NS_PER_SECOND)));
  return `"${value}": must be whole seconds, at least 1s (tcpdump's -G counts in seconds); use "${seconds}s"`;
}
