/** What a Grafana dashboard is made of, as far as ours needs it (schema version 39, Grafana 10 and later). */

/** A query: an expression of PromQL, and how its series are called. */
export type Query = readonly [expression: string, legend: string];

export interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly type: "stat" | "timeseries" | "table";
  /** Of 24 columns. */
  readonly width: number;
  readonly height: number;
  /** Of Grafana: `s`, `bytes`, `reqps`, `short`, `percentunit`, `dateTimeFromNow`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** From which value on it is red; below a negative one: `[limit, "below"]`. */
  readonly alarm?: readonly [limit: number, side: "above" | "below"];
  /** Words for values. */
  readonly words?: Readonly<Record<string, string>>;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const COLUMNS = 24;
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** The panels of all rows, below one another, with positions and ids. */
export function layOut(rows: readonly Row[]): readonly object[] {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: ofRow } of rows) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of ofRow) {
      if (x + panel.width > COLUMNS) {
        x = 0;
        y += height;
        height = 0;
      }
      const gridPos = { x, y, w: panel.width, h: panel.height };
      panels.push({ id: panels.length + 1, gridPos, ...render(panel) });
      x += panel.width;
      height = Math.max(height, panel.height);
    }
    y += height;
  }
  return panels;
}

function render(panel: Panel): object {
  const { title, description = "", type, queries } = panel;
  return {
    title,
    description,
    type,
    datasource: DATASOURCE,
    fieldConfig: { defaults: fieldDefaults(panel), overrides: [] },
    options: optionsOf(panel),
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource: DATASOURCE,
      editorMode: "code",
      expr,
      legendFormat,
      ...(type === "timeseries" ? { range: true } : { instant: true }),
    })),
  };
}

function fieldDefaults({ type, unit, alarm, words }: Panel): object {
  return {
    unit,
    min: type === "timeseries" ? 0 : undefined,
    color: { mode: type === "stat" ? "thresholds" : "palette-classic" },
    thresholds: { mode: "absolute", steps: steps(alarm) },
    mappings: words === undefined ? [] : [{ type: "value", options: mappings(words) }],
    ...(type === "timeseries" && { custom: { lineWidth: 1, fillOpacity: 10, showPoints: "never" } }),
  };
}

function steps(alarm: Panel["alarm"]): object[] {
  if (alarm === undefined) return [{ color: "green", value: null }];
  const [value, side] = alarm;
  const colors = side === "above" ? ["green", "red"] : ["red", "green"];
  return [
    { color: colors[0], value: null },
    { color: colors[1], value },
  ];
}

function mappings(words: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(words).map(([value, text], index) => [value, { text, index }]));
}

function optionsOf({ type }: Panel): object {
  if (type === "timeseries") {
    return {
      legend: { displayMode: "list", placement: "bottom", showLegend: true },
      tooltip: { mode: "multi", sort: "desc" },
    };
  }
  if (type === "table") return { showHeader: true };
  return {
    reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
    colorMode: "value",
    graphMode: "none",
    textMode: "auto",
    justifyMode: "auto",
    orientation: "auto",
  };
}

/** A dashboard that asks for its data source and its namespaces. */
export function dashboard(
  head: { uid: string; title: string; metric: string },
  rows: readonly Row[],
): object {
  const { uid, title, metric } = head;
  return {
    uid,
    title,
    tags: ["sip", "federation"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    timezone: "browser",
    annotations: { list: [] },
    links: [],
    templating: {
      list: [
        { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", refresh: 1 },
        {
          name: "namespace",
          label: "Namespace",
          type: "query",
          datasource: DATASOURCE,
          query: { query: `label_values(${metric}, namespace)`, refId: "namespace" },
          refresh: 2,
          sort: 1,
          multi: true,
          includeAll: true,
          allValue: ".*",
          current: { text: "All", value: "$__all" },
        },
      ],
    },
    panels: layOut(rows),
  };
}
