import { type Columns, niceCeiling, type Series, totalOf } from "./buckets.ts";
import { el, fill, setText, svg } from "./dom.ts";
import { clock, number } from "./format.ts";

export interface ChartData {
  readonly columns: Columns;
  readonly series: readonly Series[];
  /** What a column is about: `a minute`. */
  readonly unit: string;
}

export interface Chart {
  readonly element: HTMLElement;
  update(data: ChartData): void;
}

const BOX = { width: 640, height: 168, left: 38, bottom: 22, top: 8 };
const TICKS = 4;

/** Stacked columns over time. Pointer and arrow keys tell of one column; a table says the same. */
export function createChart(title: string, nothing: string): Chart {
  const drawing = svg("svg", {
    viewBox: `0 0 ${BOX.width} ${BOX.height}`,
    "aria-hidden": "true",
    class: "plot",
  });
  const told = el("div", { class: "told", "aria-live": "polite" });
  const unit = el("span", { class: "muted" });
  const legend = el("ul", { class: "legend" });
  const place = el("div", { class: "plot-place", tabindex: 0, role: "img" }, drawing);
  const around = el("div", { class: "plot-around" }, place, told);
  let data: ChartData | undefined;
  let at: number | undefined;

  const tell = (column: number | undefined): void => {
    at = column;
    if (!data) return;
    drawing.querySelector(".cursor")?.remove();
    fill(told, ...(column === undefined ? [] : columnText(data, column)));
    told.className = `told ${(column ?? 0) < data.columns.ends.length / 2 ? "right" : "left"}`;
    if (column !== undefined) drawing.append(cursor(data, column));
  };
  place.addEventListener("pointermove", (event) => {
    if (data) tell(columnAt(data, event, drawing));
  });
  place.addEventListener("pointerleave", () => {
    tell(undefined);
  });
  place.addEventListener("blur", () => {
    tell(undefined);
  });
  place.addEventListener("keydown", (event) => {
    const last = (data?.columns.ends.length ?? 0) - 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined || last < 0) return;
    event.preventDefault();
    tell(Math.min(Math.max((at ?? last + 1) + step, 0), last));
  });
  return {
    element: el(
      "figure",
      { class: "card chart" },
      el("figcaption", {}, el("h2", {}, title), unit),
      around,
      legend,
    ),
    update: (news) => {
      data = news;
      setText(unit, news.unit);
      place.setAttribute(
        "aria-label",
        `${title}: ${summary(news) || nothing}. Arrow keys tell of one column.`,
      );
      fill(drawing, ...axes(news), ...bars(news));
      fill(legend, ...legendOf(news, nothing));
      if (at !== undefined) tell(at);
    },
  };
}

function highest({ series, columns }: ChartData): number {
  const sums = columns.ends.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  return niceCeiling(Math.max(...sums, 0));
}

const plotWidth = BOX.width - BOX.left;
const plotHeight = BOX.height - BOX.bottom - BOX.top;

function xOf({ columns }: ChartData, at: number): number {
  return BOX.left + (at * plotWidth) / columns.ends.length;
}

function bars(data: ChartData): SVGElement[] {
  const most = highest(data);
  const width = plotWidth / data.columns.ends.length;
  const heights = data.columns.ends.map(() => 0);
  return data.series.flatMap(({ values }, which) =>
    values.flatMap((value, at) => {
      if (value === undefined || value === 0) return [];
      const height = (value / most) * plotHeight;
      const below = heights[at] ?? 0;
      heights[at] = below + height;
      const y = BOX.top + plotHeight - below - height;
      return svg("rect", {
        class: `series s${which}`,
        x: xOf(data, at) + width * 0.12,
        y,
        width: width * 0.76,
        height: Math.max(height, 0.8),
      });
    }),
  );
}

function axes(data: ChartData): SVGElement[] {
  const most = highest(data);
  const lines = Array.from({ length: TICKS + 1 }, (_, tick) => {
    const y = BOX.top + plotHeight - (tick * plotHeight) / TICKS;
    const value = (most * tick) / TICKS;
    return [
      svg("line", { class: "rule", x1: BOX.left, x2: BOX.width, y1: y, y2: y }),
      ...(Number.isInteger(value)
        ? [svg("text", { class: "tick end", x: BOX.left - 6, y: y + 3.5 }, short(value))]
        : []),
    ];
  });
  const { ends } = data.columns;
  const every = ends.length / 6;
  const times = ends.flatMap((end, at) =>
    at % every === 0
      ? [
          svg(
            "text",
            { class: "tick", x: xOf(data, at), y: BOX.height - 5 },
            clock(end - data.columns.seconds * 1000),
          ),
        ]
      : [],
  );
  return [...lines.flat(), ...times];
}

function short(value: number): string {
  if (value >= 1_000_000) return `${value / 1_000_000}M`;
  return value >= 1_000 ? `${value / 1_000}k` : String(value);
}

function cursor(data: ChartData, at: number): SVGElement {
  const width = plotWidth / data.columns.ends.length;
  return svg("rect", { class: "cursor", x: xOf(data, at), y: BOX.top, width, height: plotHeight });
}

function columnAt(data: ChartData, event: PointerEvent, drawing: Element): number | undefined {
  const box = drawing.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * BOX.width - BOX.left;
  const at = Math.floor((x / plotWidth) * data.columns.ends.length);
  return at >= 0 && at < data.columns.ends.length ? at : undefined;
}

function columnText({ columns, series }: ChartData, at: number): HTMLElement[] {
  const end = columns.ends[at] ?? 0;
  const parts = series.flatMap(({ name, values }, which) => {
    const value = values[at];
    if (value === undefined || value === 0) return [];
    return [
      el(
        "li",
        {},
        el("span", { class: `key s${which}` }),
        el("span", {}, name),
        el("strong", {}, number(value)),
      ),
    ];
  });
  const isKnown = (columns.samples[at]?.length ?? 0) > 0;
  return [
    el("p", { class: "muted" }, `${clock(end - columns.seconds * 1000)} to ${clock(end)}`),
    parts.length > 0 ? el("ul", {}, ...parts) : el("p", {}, isKnown ? "None" : "Not known"),
  ];
}

function summary({ series }: ChartData): string {
  return series.map((one) => `${one.name} ${number(totalOf(one))}`).join(", ");
}

function legendOf({ series }: ChartData, nothing: string): HTMLElement[] {
  const there = series.filter((one) => totalOf(one) > 0);
  if (there.length === 0) return [el("li", { class: "muted" }, nothing)];
  return series.map((one, which) =>
    el(
      "li",
      {},
      el("span", { class: `key s${which}` }),
      el("span", {}, one.name),
      el("strong", {}, number(totalOf(one))),
    ),
  );
}
