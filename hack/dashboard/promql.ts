// What an expression of the dashboard names: enough of PromQL for what stands there.

export interface Named {
  metrics: string[];
  /** In selectors, and after by and on. */
  labels: string[];
}

const METRIC = /\bALERTS\b|\b(?:packetcapture|process|nodejs)_[a-z0-9_]+/g;

export function namedIn(expr: string): Named {
  const lists = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(','));
  const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) => list.split(',').map((matcher) => matcher.split(/[=!]/)[0] ?? ''));
  return { metrics: expr.match(METRIC) ?? [], labels: [...lists, ...selectors].map((label) => label.trim()).filter((label) => label !== '') };
}

/** Of a legend: what stands in double braces. */
export const labelsOfLegend = (legend: string): string[] => [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label);

/** With what Grafana would put there. */
export const filled = (expr: string, { rateInterval, range }: { rateInterval: string; range: string }): string => expr.replaceAll('$__rate_interval', rateInterval).replaceAll('$__range', range);
