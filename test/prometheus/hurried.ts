// Rules in a hurry: every window and every `for` is so many times shorter. Values and comparisons stay; what is not scaled is how soon the operator and its agents tell.

const MILLISECONDS = { s: 1000, m: 60_000, h: 3_600_000 };

export function hurried(rules: string, times: number): string {
  const shorter = (n: string, unit: string): string => `${Math.round((Number(n) * MILLISECONDS[unit as keyof typeof MILLISECONDS]) / times)}ms`;
  return rules.replaceAll(/\[(\d+)([smh])\]/g, (_, n: string, unit: string) => `[${shorter(n, unit)}]`).replaceAll(/^( +for: )(\d+)([smh])$/gm, (_, key: string, n: string, unit: string) => key + shorter(n, unit));
}
