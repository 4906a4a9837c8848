import type { DomainRow, History, Overview, Problem, PulseEvent, Range, Sample } from "../../types.ts";
import { read } from "../api.ts";
import { columnsOf, seriesOf } from "../buckets.ts";
import { createChart } from "../chart.ts";
import { calmly } from "../calmly.ts";
import type { Context, Page } from "../context.ts";
import { type Child, el, fill, setText } from "../dom.ts";
import { ago, counted, dateTime, number, rate } from "../format.ts";
import { icon } from "../icons.ts";
import { badge, DOMAIN_STATES, empty, link, select } from "../parts.ts";

/** Series of a chart; as many colours. */
const MOST = 5;
/** While much changes, it is read anew no more often than this, in milliseconds. */
const RENEW_MS = 1_500;
const REASONS: Readonly<Record<string, string>> = {
  "403": "403 blocked or closed",
  "404": "404 no route",
  "480": "480 away",
  "500": "500 no next hop",
  limited: "480 beyond a limit",
  flood: "dropped as a flood",
  invalid: "invalid",
};

/** Overview: how federation stands, what needs a look, and what happened lately. */
export function overviewPage(context: Context, query: URLSearchParams): Page {
  const { live, signal } = context;
  let range: Range = query.get("range") === "day" ? "day" : "hour";
  const state = el("section", { class: "tiles", "aria-label": "How it stands" });
  const problems = el("section", { class: "problems", "aria-label": "What needs a look" });
  const latest = el("section", { class: "card", "aria-label": "Discovered lately" });
  const traffic = createChart("Requests relayed", "No requests yet");
  const discoveries = createChart("Domains discovered", "None yet");
  const refusals = createChart("Requests refused", "None: everything was served");
  const speed = el("strong", { class: "big" }, "–");

  async function load(): Promise<void> {
    try {
      const overview = await read<Overview>("overview", {}, signal);
      fill(state, ...tiles(overview, speed));
      fill(problems, ...problemList(overview.problems));
      fill(latest, ...latestList(overview.latest));
    } catch (error) {
      context.failed(error);
    }
  }

  async function loadHistory(): Promise<void> {
    try {
      const columns = columnsOf(await read<History>("history", { range }, signal), Date.now());
      const unit = range === "hour" ? "a minute" : "in a quarter of an hour";
      traffic.update({ columns, series: seriesOf(columns, ({ relayed }) => relayed, MOST), unit });
      discoveries.update({ columns, series: seriesOf(columns, discoveredOf, MOST), unit });
      refusals.update({ columns, series: seriesOf(columns, refusedOf, MOST), unit });
    } catch (error) {
      context.failed(error);
    }
  }

  const choose = select(
    "Time",
    [
      ["hour", "Last hour"],
      ["day", "Last day"],
    ],
    range,
    (value) => {
      range = value === "day" ? "day" : "hour";
      context.remember({ range: range === "hour" ? undefined : range });
      void loadHistory();
    },
  );
  const all = (): void => {
    void load();
    void loadHistory();
  };
  live.on(
    "pulse",
    (pulse) => {
      showSpeed(speed, pulse);
      all();
    },
    signal,
  );
  live.on("resync", all, signal);
  const renew = calmly(() => void load(), RENEW_MS);
  live.on("routes", renew, signal);
  live.on("domains", renew, signal);
  all();
  return {
    title: "Overview",
    element: el(
      "div",
      { class: "stack" },
      problems,
      state,
      el(
        "div",
        { class: "section-head" },
        el("h2", {}, "What happened"),
        el("span", { class: "muted" }, `as pod ${context.session.pod} saw it since it started`),
        choose,
      ),
      el("div", { class: "charts" }, traffic.element, refusals.element, discoveries.element, latest),
    ),
  };
}

function discoveredOf({ discovered }: Sample): Readonly<Record<string, number>> {
  return { "new domains": discovered };
}

function refusedOf({ refused }: Sample): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(refused).map(([reason, count]) => [REASONS[reason] ?? reason, count]),
  );
}

function showSpeed(speed: Element, { sample }: PulseEvent): void {
  if (!sample) return;
  const relayed = Object.values(sample.relayed).reduce((sum, count) => sum + count, 0);
  setText(speed, rate(relayed / sample.seconds));
}

function tiles(overview: Overview, speed: HTMLElement): Child[] {
  const { isOpen, openRoutes, domains, routes, router, xmppUp } = overview;
  const adopted = domains.discovered - domains.limited;
  return [
    tile(
      "Federation",
      el("strong", { class: `big ${isOpen ? "good" : ""}` }, isOpen ? "Open" : "Closed"),
      isOpen
        ? el("span", {}, "Any domain is reached by ", link("routes?find=.*", openRoutes.join(", ")))
        : "Only known domains and explicit routes are served",
    ),
    tile(
      "Known domains",
      link("domains", el("strong", { class: "big" }, number(domains.all))),
      `${number(domains.discovered)} discovered, ${number(Math.max(0, adopted))} of them adopted · ${number(domains.states.Blocked)} blocked`,
    ),
    tile(
      "Static routes",
      link("routes", el("strong", { class: "big" }, number(routes.all))),
      routes.notAccepted + routes.silent === 0
        ? "All accepted, all next hops answer"
        : link("routes?trouble=yes", `${counted(routes.notAccepted + routes.silent, "route")} to look at`),
    ),
    tile(
      "Requests a second",
      speed,
      router.questions > 0
        ? `${counted(router.questions, "question")} without a verdict`
        : "relayed by this pod",
    ),
    tile(
      "SIP router",
      el(
        "strong",
        { class: `big ${router.reachable && router.inForce ? "good" : "bad"}` },
        router.reachable ? (router.inForce ? "In force" : "Behind") : "Away",
      ),
      xmppUp === undefined
        ? "Routes by the objects as they are"
        : `XMPP gateway ${xmppUp ? "is there" : "is away"}`,
    ),
  ];
}

function tile(name: string, value: HTMLElement, note: Child): HTMLElement {
  return el("div", { class: "card tile" }, el("h2", {}, name), value, el("p", { class: "muted" }, note));
}

function problemList(problems: readonly Problem[]): Child[] {
  return problems.map(({ severity, text, page }) =>
    el(
      "div",
      { class: `problem ${severity}` },
      icon("warning"),
      page === undefined ? el("span", {}, text) : link(page, text),
    ),
  );
}

function latestList(latest: readonly DomainRow[]): Child[] {
  const now = Date.now();
  return [
    el(
      "div",
      { class: "section-head" },
      el("h2", {}, "Discovered lately"),
      link("domains?origin=discovered&sort=created&order=descending", "All"),
    ),
    latest.length === 0 &&
      empty("None yet", "While federation is open, domains appear here as they answer for the first time."),
    el(
      "ul",
      { class: "latest" },
      ...latest.map(({ name, created, state }) =>
        el(
          "li",
          {},
          link(`domains?text=${encodeURIComponent(name)}`, name),
          badge(...DOMAIN_STATES[state]),
          el("span", { class: "muted", title: dateTime(created) }, ago(created, now)),
        ),
      ),
    ),
  ];
}
