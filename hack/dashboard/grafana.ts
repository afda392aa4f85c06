// The dashboard in Grafana's classic JSON model, checked against Grafana's own types.
import type { Options as StateOptions } from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type { Options as NumberOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as LineOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import {
  BigValueColorMode, BigValueGraphMode, BigValueJustifyMode, BigValueTextMode, DashboardCursorSync, FieldColorModeId, GraphDrawStyle, GraphThresholdsStyleMode, LegendDisplayMode, MappingType, SortOrder,
  StackingMode, ThresholdsMode, TooltipDisplayMode, VisibilityMode, VizOrientation,
  type Dashboard, type FieldConfig, type GraphFieldConfig, type Panel as GrafanaPanel, type RowPanel, type ValueMapping,
} from '@grafana/schema';
import { COLUMNS, placed } from './layout.js';
import type { Panel, Row } from './panels.js';

/** Of Grafana 9: later ones bring it up to their own, step by step, when they load it. */
const SCHEMA_VERSION = 36;
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const HEIGHT = { number: 4, states: 4, lines: 8, stacked: 8, bars: 8 } as const;
const TYPE = { number: 'stat', states: 'state-timeline', lines: 'timeseries', stacked: 'timeseries', bars: 'timeseries' } as const;

const legend = { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] } as const;
const tooltip = { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending } as const;

function options({ kind }: Panel): Record<string, unknown> {
  if (kind === 'number') {
    return {
      graphMode: BigValueGraphMode.Area, colorMode: BigValueColorMode.Value, justifyMode: BigValueJustifyMode.Auto, textMode: BigValueTextMode.Value, orientation: VizOrientation.Auto,
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    } satisfies Partial<NumberOptions>;
  }
  if (kind === 'states') return { showValue: VisibilityMode.Auto, rowHeight: 0.9, mergeValues: true, legend: { ...legend, showLegend: false, calcs: [] }, tooltip: { ...tooltip, mode: TooltipDisplayMode.Single } } satisfies StateOptions;
  return { legend: { ...legend, calcs: [] }, tooltip } satisfies LineOptions;
}

function custom({ kind, levels }: Panel): Record<string, unknown> {
  if (kind === 'number' || kind === 'states') return {};
  return {
    drawStyle: kind === 'bars' ? GraphDrawStyle.Bars : GraphDrawStyle.Line,
    lineWidth: 1,
    fillOpacity: kind === 'lines' ? 10 : 50,
    showPoints: VisibilityMode.Never,
    stacking: { mode: kind === 'lines' ? StackingMode.None : StackingMode.Normal, group: 'A' },
    thresholdsStyle: { mode: levels === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed },
  } satisfies GraphFieldConfig;
}

function field(panel: Panel): FieldConfig {
  const byLevel = panel.kind === 'number' || panel.kind === 'states';
  const text = Object.fromEntries(Object.entries(panel.words ?? {}).map(([value, word]) => [value, { text: word }]));
  const mappings: ValueMapping[] = panel.words ? [{ type: MappingType.ValueToText, options: text }] : [];
  // Grafana's first step has no beginning.
  const steps = (panel.levels ?? [{ from: 0, colour: 'green' }]).map(({ from, colour }, n) => ({ color: colour, value: n === 0 ? null : from }));
  return {
    unit: panel.unit,
    min: 0,
    ...(panel.max !== undefined && { max: panel.max }),
    ...(panel.unit === 'none' && byLevel && { decimals: 0 }),
    color: { mode: byLevel ? FieldColorModeId.Thresholds : FieldColorModeId.PaletteClassic },
    mappings,
    thresholds: { mode: ThresholdsMode.Absolute, steps },
    custom: custom(panel),
  };
}

const refId = (n: number): string => String.fromCharCode('A'.charCodeAt(0) + n);

function grafanaPanel(panel: Panel, id: number, at: { x: number; y: number }): GrafanaPanel {
  return {
    id,
    type: TYPE[panel.kind],
    title: panel.title,
    description: panel.description,
    datasource: DATASOURCE,
    gridPos: { ...at, w: panel.width, h: HEIGHT[panel.kind] },
    targets: panel.queries.map(({ expr, legend: legendFormat }, n) => ({ refId: refId(n), datasource: DATASOURCE, expr, legendFormat, range: true, editorMode: 'code' })),
    fieldConfig: { defaults: field(panel), overrides: [] },
    options: options(panel),
  };
}

function place(rows: readonly Row[]): (GrafanaPanel | RowPanel)[] {
  const all: (GrafanaPanel | RowPanel)[] = [];
  let [y, id] = [0, 1];
  for (const row of rows) {
    all.push({ id: id++, type: 'row', title: row.title, collapsed: false, gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 }, panels: [] });
    const line = placed(row.panels, y, ({ kind }) => HEIGHT[kind]);
    for (const { panel, column, y: top } of line.placed) all.push(grafanaPanel(panel, id++, { x: column, y: top }));
    y = line.bottom;
  }
  return all;
}

export function grafanaDashboard(rows: readonly Row[]): Dashboard {
  return {
    uid: 'packetcapture',
    title: 'PacketCapture',
    description: 'The PacketCapture operator, for who is on call.',
    tags: ['packetcapture'],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    graphTooltip: DashboardCursorSync.Crosshair,
    time: { from: 'now-3h', to: 'now' },
    timezone: 'browser',
    refresh: '30s',
    templating: { list: [{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' }] },
    annotations: { list: [] },
    panels: place(rows),
  };
}
