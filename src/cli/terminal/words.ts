// Numbers for people: times left, rates, sizes.
import { formatBytes } from '../../api/quantity.js';

/** To the second, the two largest units: "1h05m", "2m03s", "7s". */
export function formatTime(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m${two(rest)}s` : `${rest}s`;
}

/** A size, or a number with as many digits as help. */
export const formatSize = (bytes: number): string => `${formatBytes(Math.floor(bytes))}B`;
export const formatRate = (perSecond: number): string => (perSecond < 10 ? String(Math.round(perSecond * 10) / 10) : formatBytes(Math.round(perSecond)));
