// Chance with a seed: the same seed, fault and number of the trial give the same moments and choices.

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number, both included. */
  between(least: number, most: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

/** mulberry32 on an FNV-1a hash of the seed's parts. */
export function randomOf(...seed: (string | number)[]): Random {
  let state = 0x811c9dc5;
  for (const character of seed.join('/')) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return { next, between, pick: (choices) => choices[between(0, choices.length - 1)] ?? choices[0] };
}
