// A bar of how much is done. ASCII: other blocks are two columns wide on some terminals.

/** `fraction` in [0, 1]; full only when all is done. */
export function bar(fraction: number, columns: number): string {
  const room = Math.max(1, columns - 2);
  const done = Math.floor(Math.min(1, Math.max(0, fraction)) * room);
  return `[${'#'.repeat(done)}${'.'.repeat(room - done)}]`;
}
