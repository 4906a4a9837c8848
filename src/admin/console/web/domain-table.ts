import type { DomainRow, DomainSort } from "../types.ts";
import { el, fill, setText } from "./dom.ts";
import { ago, dateTime } from "./format.ts";
import { icon } from "./icons.ts";
import { badge, DOMAIN_STATES } from "./parts.ts";
import { type Drawn, drawnRows, moved, scrolledTo } from "./window.ts";

export interface Sorting {
  readonly sort: DomainSort;
  readonly descending: boolean;
}

export interface DomainTablePorts {
  row(index: number): DomainRow | undefined;
  /** Undefined until it is known. */
  total(): number | undefined;
  /** These are drawn now. */
  seen(first: number, end: number): void;
  /** A person wants to know more of one. */
  chosen(row: DomainRow): void;
  sorting(): Sorting;
  sorted(sorting: Sorting): void;
}

interface Column {
  readonly key: string;
  readonly name: string;
  /** What its name does not say. */
  readonly hint?: string;
  readonly sort?: DomainSort;
  readonly cell: (row: DomainRow, now: number) => Node | string;
}

interface Line {
  readonly element: HTMLDivElement;
  readonly cells: readonly HTMLDivElement[];
  /** What it shows; to draw nothing twice. */
  shown: unknown;
}

/** As in the style sheet. */
const ROW_HEIGHT = 40;
const BEYOND = 8;
/** For so long something that changed is marked, in milliseconds. */
const FRESH_MS = 2_500;

const COLUMNS: readonly Column[] = [
  { key: "name", name: "Domain", sort: "name", cell: ({ name }) => name },
  { key: "state", name: "State", cell: ({ state }) => badge(...DOMAIN_STATES[state]) },
  { key: "origin", name: "Origin", cell: originOf },
  { key: "protocol", name: "Protocol", cell: ({ protocol }) => protocol },
  { key: "route", name: "Route", cell: routeOf },
  { key: "created", name: "Known since", sort: "created", cell: ({ created }, now) => timeOf(created, now) },
  {
    key: "activity",
    name: "Last activity",
    hint: "To within ten minutes, as this pod has seen since its operator started",
    sort: "activity",
    cell: ({ activity }, now) => timeOf(activity, now),
  },
];

/** A grid (WAI-ARIA) of any number of domains, of which only those in view are elements. */
export class DomainTable {
  readonly element: HTMLDivElement;
  readonly #ports: DomainTablePorts;
  readonly #viewport: HTMLDivElement;
  readonly #spacer: HTMLDivElement;
  readonly #heads: readonly HTMLDivElement[];
  readonly #lines: Line[] = [];
  readonly #fresh = new Map<string, number>();
  #active = 0;
  #frame = 0;

  constructor(ports: DomainTablePorts, signal: AbortSignal) {
    this.#ports = ports;
    this.#heads = COLUMNS.map((column) => this.#head(column));
    this.#spacer = el("div", { class: "spacer", role: "presentation" });
    this.#viewport = el("div", { class: "viewport", role: "rowgroup", tabindex: -1 }, this.#spacer);
    this.element = el(
      "div",
      {
        class: "grid",
        role: "grid",
        tabindex: 0,
        "aria-label": "SIP federated domains",
        "aria-colcount": COLUMNS.length,
      },
      el(
        "div",
        { role: "rowgroup" },
        el("div", { class: "line head", role: "row", "aria-rowindex": 1 }, ...this.#heads),
      ),
      this.#viewport,
    );
    this.#viewport.addEventListener(
      "scroll",
      () => {
        this.draw();
      },
      { passive: true, signal },
    );
    this.#viewport.addEventListener("click", (event) => {
      this.#clicked(event);
    });
    this.element.addEventListener("keydown", (event) => {
      this.#pressed(event);
    });
    const observer = new ResizeObserver(() => {
      this.draw();
    });
    observer.observe(this.#viewport);
    const clock = setInterval(() => {
      this.draw();
    }, 30_000);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      clearInterval(clock);
      cancelAnimationFrame(this.#frame);
    });
  }

  /** Soon, once for all that changed meanwhile. */
  draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Marks domains that have just changed. */
  mark(names: Iterable<string>): void {
    for (const name of names) this.#fresh.set(name, performance.now() + FRESH_MS);
    this.draw();
  }

  /** Begins at the first row again. */
  toTop(): void {
    this.#active = 0;
    this.#viewport.scrollTop = 0;
    this.draw();
  }

  focus(): void {
    this.element.focus();
  }

  #draw(): void {
    const total = this.#ports.total() ?? 0;
    const shape = { height: this.#viewport.clientHeight, rowHeight: ROW_HEIGHT, total, beyond: BEYOND };
    const drawn = drawnRows(this.#viewport.scrollTop, shape);
    this.#ports.seen(drawn.first, drawn.end);
    this.element.setAttribute("aria-rowcount", String(total + 1));
    this.#spacer.style.height = `${total * ROW_HEIGHT}px`;
    this.#active = Math.min(this.#active, Math.max(0, total - 1));
    this.#drawHeads();
    this.#fit(drawn);
    this.#expireFresh();
    const now = Date.now();
    for (let index = drawn.first; index < drawn.end; index += 1) this.#drawLine(index, now);
    const isDrawn = this.#active >= drawn.first && this.#active < drawn.end;
    if (isDrawn) this.element.setAttribute("aria-activedescendant", idOf(this.#active));
    else this.element.removeAttribute("aria-activedescendant");
  }

  /** As many lines as rows are drawn; each is used for every so many rows. */
  #fit({ first, end }: Drawn): void {
    while (this.#lines.length < end - first) this.#lines.push(this.#line());
    for (const line of this.#lines.splice(end - first)) line.element.remove();
  }

  #drawLine(index: number, now: number): void {
    const line = this.#lines[index % this.#lines.length];
    if (!line) return;
    const row = this.#ports.row(index);
    const { element, cells } = line;
    element.id = idOf(index);
    element.setAttribute("aria-rowindex", String(index + 2));
    element.style.transform = `translateY(${index * ROW_HEIGHT}px)`;
    element.dataset.index = String(index);
    element.classList.toggle("active", index === this.#active);
    element.classList.toggle("waiting", row === undefined);
    element.classList.toggle("fresh", row !== undefined && this.#fresh.has(row.name));
    const minute = Math.floor(now / 30_000);
    const shown =
      row && line.shown instanceof Shown && line.shown.row === row && line.shown.minute === minute;
    if (shown) return;
    line.shown = row && new Shown(row, minute);
    cells.forEach((cell, at) => {
      const content = row && COLUMNS[at]?.cell(row, now);
      if (content === undefined || typeof content === "string") setText(cell, content ?? "");
      else fill(cell, content);
    });
    if (cells[0]) cells[0].title = row?.description ?? "";
  }

  #line(): Line {
    const cells = COLUMNS.map(({ key }) => el("div", { class: `cell ${key}`, role: "gridcell" }));
    const element = el("div", { class: "line", role: "row" }, ...cells);
    this.#spacer.append(element);
    return { element, cells, shown: undefined };
  }

  #head({ key, name, hint, sort }: Column): HTMLDivElement {
    const attributes = { class: `cell ${key}`, role: "columnheader", title: hint };
    if (sort === undefined) return el("div", attributes, name);
    const press = (): void => {
      const { sort: before, descending } = this.#ports.sorting();
      this.#ports.sorted({ sort, descending: before === sort ? !descending : sort !== "name" });
    };
    return el("div", attributes, el("button", { type: "button", class: "sort", onclick: press }, name));
  }

  #drawHeads(): void {
    const { sort, descending } = this.#ports.sorting();
    this.#heads.forEach((head, at) => {
      const column = COLUMNS[at];
      if (column?.sort === undefined) return;
      const direction = column.sort !== sort ? "none" : descending ? "descending" : "ascending";
      if (head.getAttribute("aria-sort") === direction) return;
      head.setAttribute("aria-sort", direction);
      head.querySelector("svg")?.remove();
      if (direction !== "none") head.firstElementChild?.append(icon(descending ? "down" : "up"));
    });
  }

  #expireFresh(): void {
    const now = performance.now();
    for (const [name, until] of this.#fresh) if (until <= now) this.#fresh.delete(name);
    if (this.#fresh.size > 0)
      setTimeout(() => {
        this.draw();
      }, FRESH_MS);
  }

  #clicked(event: Event): void {
    const line = event.target instanceof Element ? event.target.closest<HTMLElement>(".line") : null;
    if (!line) return;
    this.#active = Number(line.dataset.index);
    this.#choose();
  }

  #pressed(event: KeyboardEvent): void {
    if (event.target !== this.element || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose();
      return;
    }
    const { clientHeight: height, scrollTop } = this.#viewport;
    const total = this.#ports.total() ?? 0;
    const to = moved(event.key, this.#active, total, Math.max(1, Math.floor(height / ROW_HEIGHT) - 1));
    if (to === undefined) return;
    event.preventDefault();
    this.#active = to;
    this.#viewport.scrollTop = scrolledTo(to, scrollTop, { height, rowHeight: ROW_HEIGHT });
    this.draw();
  }

  #choose(): void {
    this.draw();
    const row = this.#ports.row(this.#active);
    if (row) this.#ports.chosen(row);
  }
}

/** A row, and the time as of which it says how long ago something was. */
class Shown {
  readonly row: DomainRow;
  readonly minute: number;

  constructor(row: DomainRow, minute: number) {
    this.row = row;
    this.minute = minute;
  }
}

function idOf(index: number): string {
  return `domain-${index}`;
}

function originOf({ origin, trust }: DomainRow): string {
  if (origin === "written") return trust === "Limited" ? "Written, limited" : "Written";
  return trust === "Full" ? "Adopted" : "Discovered";
}

function routeOf({ servedBy, policy }: DomainRow): Node | string {
  const { kind, pattern, route, more } = servedBy;
  if (kind === "XMPP") return "XMPP gateway";
  if (kind === "Nothing") return policy === "Block" ? "Blocked by policy" : "—";
  if (kind === "Default") return "Default route";
  const others = more === undefined ? "" : ` +${more}`;
  return el("span", { title: `Pattern ${pattern ?? ""}` }, `${route ?? pattern ?? ""}${others}`);
}

function timeOf(at: number | undefined, now: number): Node | string {
  return at === undefined ? "—" : el("span", { title: dateTime(at) }, ago(at, now));
}
