import type { PatternGroup, RouteRow, RoutesView } from "../../types.ts";
import { edit, messageOf, read } from "../api.ts";
import type { Context, Page } from "../context.ts";
import { ask } from "../dialog.ts";
import { type Child, el, refill, setText } from "../dom.ts";
import { counted, duration, place } from "../format.ts";
import { icon } from "../icons.ts";
import { badge, button, empty, HOP_STATES, link, ROUTE_STATES } from "../parts.ts";

const KINDS: Readonly<Record<PatternGroup["kind"], string>> = {
  User: "Users, before all domains",
  Domain: "This domain",
  Below: "Every domain below it",
  Family: "It and every domain below it",
  Default: "Any domain: the default route",
  Invalid: "Not a pattern",
};
/** Patterns that are drawn; of more there is a button. */
const DRAWN = 100;

/** Static Routes: by pattern, with the state of each next hop, and who takes requests from whom. */
export function routesPage(context: Context, query: URLSearchParams): Page {
  const { live, signal } = context;
  let view: RoutesView | undefined;
  let find = query.get("find") ?? "";
  let onlyTrouble = query.get("trouble") === "yes";
  let drawn = DRAWN;
  const cards = cardMaker(context);
  const list = el("div", { class: "groups" });
  const count = el("p", { class: "count", role: "status" });
  const search = el("input", {
    ...{ type: "search", placeholder: "Find a pattern, route or next hop", "aria-label": "Find a route" },
    ...{ spellcheck: "false", value: find },
  });
  const trouble = el("input", { type: "checkbox", checked: onlyTrouble });
  const chosen = (): void => {
    find = search.value.trim().toLowerCase();
    onlyTrouble = trouble.checked;
    drawn = DRAWN;
    context.remember({ find, trouble: onlyTrouble ? "yes" : undefined });
    draw();
  };
  search.addEventListener("input", chosen);
  trouble.addEventListener("change", chosen);

  function draw(): void {
    if (!view) return;
    const all = view.groups.reduce((sum, { routes }) => sum + routes.length, 0);
    const groups = view.groups.filter((group) => matches(group, find.toLowerCase(), onlyTrouble));
    const shown = groups.reduce((sum, { routes }) => sum + routes.length, 0);
    setText(count, shown === all ? counted(all, "route") : `${shown} of ${counted(all, "route")}`);
    const rest = groups.length - drawn;
    refill(
      list,
      ...groups.slice(0, drawn).map(cards),
      groups.length === 0 && empty("No route is like this", "Take the filter away, or type less."),
      rest > 0 &&
        button(`Show ${rest} more patterns`, () => {
          drawn = Infinity;
          draw();
        }),
    );
  }

  async function load(): Promise<void> {
    try {
      view = await read<RoutesView>("routes", {}, signal);
      draw();
    } catch (error) {
      context.failed(error);
    }
  }
  live.on("routes", () => void load(), signal);
  live.on("resync", () => void load(), signal);
  // how fast a next hop answers is told by no event
  live.on("pulse", () => void load(), signal);
  void load();

  return {
    title: "Static Routes",
    element: el(
      "div",
      { class: "stack" },
      el(
        "div",
        { class: "toolbar", role: "search" },
        el("div", { class: "search" }, icon("search"), search),
        el("label", { class: "check" }, trouble, "Only what needs a look"),
      ),
      count,
      list,
    ),
  };
}

function matches({ pattern, routes }: PatternGroup, find: string, onlyTrouble: boolean): boolean {
  if (onlyTrouble && !routes.some(needsLook)) return false;
  if (find === "" || pattern.includes(find)) return true;
  return routes.some(({ name, nextHop = "", description = "" }) =>
    [name, nextHop, description.toLowerCase()].some((text) => text.includes(find)),
  );
}

function needsLook({ state, hop }: RouteRow): boolean {
  return state === "NotAccepted" || (hop !== undefined && hop.state !== "answers" && hop.state !== "unknown");
}

/** Cards of groups; what has not changed keeps its card, so that nothing moves away from under a pointer. */
function cardMaker(context: Context): (group: PatternGroup) => HTMLElement {
  const made = new Map<string, { readonly text: string; readonly card: HTMLElement }>();
  return (group) => {
    const key = `${group.kind} ${group.pattern}`;
    const text = JSON.stringify(group);
    const before = made.get(key);
    if (before?.text === text) return before.card;
    const card = groupCard(context, group);
    made.set(key, { text, card });
    return card;
  };
}

function groupCard(context: Context, group: PatternGroup): HTMLElement {
  const { pattern, kind, routes, domains } = group;
  const title = pattern === "" ? "Routes that are not accepted" : pattern;
  const where = `domains?route=${encodeURIComponent(pattern)}`;
  return el(
    "section",
    { class: `card group ${kind.toLowerCase()}`, "aria-label": title },
    el(
      "div",
      { class: "group-head" },
      el("h2", { class: pattern === "" ? "" : "pattern" }, title),
      el("span", { class: "muted" }, KINDS[kind]),
      domains > 0 && link(where, counted(domains, "known domain")),
    ),
    relations(group),
    el(
      "div",
      { class: "table-place", tabindex: 0, role: "group", "aria-label": `Routes of ${title}` },
      routeTable(context, group, routes),
    ),
  );
}

/** What shadows what, in words. */
function relations({ shadows, shadowedBy, shadowedByCount, actsWith, fallback, kind }: PatternGroup): Child {
  const more = shadowedByCount - shadowedBy.length;
  const lines: Child[] = [
    shadows !== undefined && line("Goes before", patternText(shadows)),
    shadowedByCount > 0 &&
      line("Comes after", ...shadowedBy.map(patternText), more > 0 && `and ${more} more`),
    actsWith !== undefined && line("Acts together with", patternText(actsWith)),
    fallback !== undefined && line("Falls back to", patternText(fallback)),
    fallback === undefined &&
      kind !== "Default" &&
      shadows !== undefined &&
      line("Falls back to", el("span", {}, "nothing: the search ends here")),
  ];
  return el("ul", { class: "relations" }, ...lines);
}

function line(what: string, ...content: readonly Child[]): HTMLElement {
  return el("li", {}, el("span", { class: "muted" }, what), ...content);
}

function patternText(pattern: string): HTMLElement {
  return el("code", {}, pattern);
}

const COLUMNS = ["for-name", "for-state", "for-hop", "for-figure", "for-figure", "for-words", "for-words"];
const HEADS = ["Route", "State", "Next hop", "Priority", "Share", "Less specific", "Service"];

function routeTable(context: Context, group: PatternGroup, routes: readonly RouteRow[]): HTMLElement {
  return el(
    "table",
    {},
    el("colgroup", {}, ...COLUMNS.map((name) => el("col", { class: name }))),
    el("thead", {}, el("tr", {}, ...HEADS.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, ...routes.map((route) => routeLine(context, group, route))),
  );
}

function routeLine(context: Context, { kind, pattern }: PatternGroup, route: RouteRow): HTMLElement {
  const { name, description, state, message, programmed, priority, weight, share } = route;
  const spelled = route.destinationPattern === pattern ? undefined : route.destinationPattern;
  return el(
    "tr",
    {},
    el(
      "th",
      { scope: "row" },
      name,
      description !== undefined && el("p", { class: "muted" }, description),
      spelled !== undefined && el("p", { class: "muted" }, "written as ", patternText(spelled)),
    ),
    el(
      "td",
      { class: "wide" },
      badge(...ROUTE_STATES[state]),
      !programmed && badge("info", "Pending", "Not every router routes by this generation yet"),
      el("p", { class: "muted" }, message),
      kind === "Default" && opening(context, route),
    ),
    el("td", {}, nextHop(route)),
    el("td", { class: "figure" }, String(priority)),
    el("td", { class: "figure", title: `Weight ${weight}` }, share === undefined ? "—" : `${share} %`),
    el("td", {}, route.allowLessSpecificRoute ? "allowed" : "not allowed"),
    el("td", {}, route.service === "Enabled" ? "in service" : "out of service"),
  );
}

function nextHop({
  nextHop: host,
  port,
  protocolType,
  tlsServerName,
  trustIdentity,
  hop,
}: RouteRow): HTMLElement {
  if (host === undefined) return el("span", { class: "muted" }, "none");
  const where = port === 0 ? `SRV records of ${host}` : port === undefined ? host : place(host, port);
  return el(
    "div",
    { class: "hop" },
    el("span", {}, where, " ", el("span", { class: "muted" }, protocolType)),
    tlsServerName !== undefined && el("p", { class: "muted" }, `as ${tlsServerName}`),
    trustIdentity && el("p", { class: "muted" }, "is told identities"),
    hop && el("span", {}, badge(...HOP_STATES[hop.state]), ...speed(hop, where)),
    hop?.problem !== undefined && el("p", { class: "muted" }, `${hop.problem}.`),
    hop && el("ul", { class: "addresses" }, ...addresses(hop, where)),
  );
}

type Hop = NonNullable<RouteRow["hop"]>;

/** What is its only address needs no list. */
function isItsAddress({ addresses: [first, second] }: Hop, where: string): boolean {
  return first !== undefined && second === undefined && place(first.address, first.port) === where;
}

function speed(hop: Hop, where: string): Child[] {
  const ms = isItsAddress(hop, where) ? hop.addresses[0]?.latencyMs : undefined;
  return ms === undefined ? [] : [el("span", { class: "muted" }, ` ${duration(ms)}`)];
}

function addresses(hop: Hop, where: string): HTMLElement[] {
  const isAlone = isItsAddress(hop, where) && hop.addresses[0]?.problem === undefined;
  return isAlone ? [] : hop.addresses.map(addressLine);
}

type Address = NonNullable<RouteRow["hop"]>["addresses"][number];

function addressLine({ address, port, alive, latencyMs, problem }: Address): HTMLElement {
  const tone = alive === undefined ? "info" : alive ? "good" : "bad";
  const text = alive === undefined ? "not probed yet" : alive ? "answers" : "does not answer";
  return el(
    "li",
    {},
    el("span", { class: `dot ${tone}`, role: "img", "aria-label": text, title: text }),
    el("span", {}, place(address, port)),
    latencyMs !== undefined && alive === true && el("span", { class: "muted" }, duration(latencyMs)),
    problem !== undefined && el("p", { class: "muted" }, `${problem}.`),
  );
}

function opening(context: Context, route: RouteRow): Child {
  if (!context.session.may.changeRoutes || route.service === "Disabled") return undefined;
  const action = route.blocked ? "open" : "close";
  const what = route.blocked
    ? "Open federation: every domain can be reached by this route, and domains that answer are remembered."
    : "Close federation: no new domain is reached by this route. Domains that are known already are served as before.";
  const verb = route.blocked ? "Open" : "Block";
  return button(
    route.blocked ? "Open federation" : "Block new domains",
    () => {
      ask({
        title: `${verb} the default route?`,
        content: [el("p", {}, what)],
        yes: verb,
        danger: !route.blocked,
        problem: messageOf,
        act: async () => {
          await edit({ action, route: route.name, uid: route.uid });
          context.say(route.blocked ? "Federation is being opened." : "The default route is being blocked.");
        },
      });
    },
    { kind: route.blocked ? "small" : "small danger-quiet" },
  );
}
