// What Prometheus answered to the dashboard's queries over a stretch of time: enough to draw it again.
import type { Panel } from './panels.js';

export interface Line {
  name: string;
  /** One each step; null where there was none. */
  values: (number | null)[];
}

export interface Recording {
  /** What was going on, for who looks at the picture: when, in seconds from the start. */
  scene: { atSeconds: number; what: string }[];
  /** Unix time. */
  startSeconds: number;
  stepSeconds: number;
  steps: number;
  /** By title. */
  panels: Record<string, Line[]>;
}

/** Four digits: no eye sees more. */
export const rounded = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(4)) : null);

/** With a series' labels put into the braces, as Grafana does. */
export const named = (legend: string, labels: Record<string, string>): string => legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');

export function lines(panel: Panel, answers: readonly { metric: Record<string, string>; points: [number, number][] }[][], at: Pick<Recording, 'startSeconds' | 'stepSeconds' | 'steps'>): Line[] {
  return panel.queries.flatMap(({ legend }, n) =>
    (answers[n] ?? []).map(({ metric, points }) => {
      const values = Array.from({ length: at.steps }, (): number | null => null);
      for (const [seconds, value] of points) values[Math.round((seconds - at.startSeconds) / at.stepSeconds)] = rounded(value);
      return { name: named(legend, metric), values };
    }),
  );
}
