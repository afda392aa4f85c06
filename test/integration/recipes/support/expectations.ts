// A recipe's page held to real captures: which of its display filters show something, and how much.
import { expect } from '@jest/globals';
import { recipe, specOf, type Recipe } from '../../../unit/docs/recipe-page.js';
import { Capture, merged } from './capture.js';
import type { Host } from './network.js';
import { fieldsOf, framesOf, statisticsOf, type Shown } from './tshark.js';

/** Scenes side by side, each with hosts of its own: most of their time is tcpdump's wait for more. Resolves with what each resolved with. */
export async function sideBySide<K extends string, R>(scenes: Record<K, () => Promise<R>>): Promise<Record<K, R>> {
  const ended = await Promise.all(Object.entries<() => Promise<R>>(scenes).map(async ([name, play]) => [name, await play()] as const));
  return Object.fromEntries(ended) as Record<K, R>;
}

/** Exactly so many frames, at least one, or any number: what depends on timers of TCP and is not the point. */
type Frames = number | 'some' | 'any';

export class RecipeOnTrial {
  readonly page: Recipe;
  private readonly captures: Capture[] = [];
  private readonly seen = new Set<string>();
  private columnsTried = false;

  constructor(name: string) {
    this.page = recipe(name);
  }

  /** Captures on a host what happens meanwhile, with the recipe's spec as it stands; resolves with the file. */
  async capturedBy(host: Host, act: (capture: Capture) => Promise<unknown>, over: Partial<ReturnType<typeof specOf>> = {}): Promise<string> {
    const capture = await this.begin(host, over);
    await act(capture);
    return capture.stop();
  }

  async begin(host: Host, over: Partial<ReturnType<typeof specOf>> = {}): Promise<Capture> {
    const capture = await Capture.start(host, { ...specOf(this.page), ...over });
    this.captures.push(capture);
    return capture;
  }

  /** What of a display filter is in the files by now. */
  async frames(capture: Capture, what: string): Promise<number> {
    const [frames = 0] = await framesOf(this.shown(await merged({ 'web-0': capture }, `${capture.folder}/so-far.pcap`)), [this.filter(what)]);
    return frames;
  }

  private shown(file: string): Shown {
    return { file, preferences: this.page.preferences };
  }

  /** The named fields of each frame that a display filter shows. */
  fields(file: string, filter: string, fields: readonly string[]): Promise<string[][]> {
    return fieldsOf(this.shown(file), filter, fields);
  }

  /** How many frames a display filter shows that is not one of the page's. */
  async count(file: string, filter: string): Promise<number> {
    const [frames = 0] = await framesOf(this.shown(file), [filter]);
    return frames;
  }

  filter(what: string): string {
    const found = this.page.displayFilters[what];
    if (found === undefined) throw new Error(`the page has no display filter for "${what}"`);
    return found;
  }

  /** How many frames each display filter of the page shows. */
  async framesIn(file: string): Promise<Record<string, number>> {
    const labels = Object.keys(this.page.displayFilters);
    const counts = await framesOf(this.shown(file), Object.values(this.page.displayFilters));
    const frames = Object.fromEntries(labels.map((label, at) => [label, counts[at] as number]));
    for (const label of labels) if (frames[label] !== 0) this.seen.add(label);
    return frames;
  }

  /** Every display filter of the page shows what is named here, and those that are not named show nothing. */
  async expectShown(file: string, expected: Record<string, Frames>): Promise<void> {
    const frames = await this.framesIn(file);
    const shown = Object.entries(frames).flatMap(([label, count]) => {
      const asked = expected[label];
      if (asked === 'any') return [[label, asked]];
      return count === 0 ? [] : [[label, asked === 'some' ? asked : count]];
    });
    expect(Object.fromEntries(shown)).toEqual(expected);
  }

  /** Each column of the page has a value among these frames, and each of its statistics can be had. */
  async expectAllColumns(file: string, among = 'frame'): Promise<void> {
    const { columns, statistics } = this.page;
    const values = await this.fields(file, among, columns);
    expect(columns.filter((_, at) => !values.some((row) => row[at]))).toEqual([]);
    expect(await statisticsOf(this.shown(file), statistics)).toContain('====');
    this.columnsTried = columns.length > 0 && statistics.length > 0;
  }

  /** Afterwards: each display filter of the page has shown something, each column had a value. */
  expectAllTried(): void {
    expect(Object.keys(this.page.displayFilters).filter((label) => !this.seen.has(label))).toEqual([]);
    expect(this.columnsTried).toBe(true);
  }

  remove(): void {
    for (const capture of this.captures) capture.remove();
  }
}
