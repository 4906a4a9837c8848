import type { DomainPage, DomainsEvent } from "../../types.ts";
import { edit, messageOf, read } from "../api.ts";
import { calmly } from "../calmly.ts";
import type { Context, Page } from "../context.ts";
import { ask } from "../dialog.ts";
import { el, setText } from "../dom.ts";
import { domainPanel } from "../domain-panel.ts";
import { DomainTable, type Sorting } from "../domain-table.ts";
import { counted, number } from "../format.ts";
import { icon } from "../icons.ts";
import { button, empty, field, select } from "../parts.ts";
import { RowStore } from "../row-store.ts";

/** Milliseconds after the last key of a search. */
const TYPING_MS = 120;
/** What changes often is read anew no more often than this. */
const RENEW_MS = 400;
/** The same for one domain in full, of which the API server is asked. */
const RENEW_ONE_MS = 4_000;

const FILTERS = {
  origin: [
    "Origin",
    [
      ["", "Any origin"],
      ["discovered", "Discovered"],
      ["written", "Written"],
    ],
  ],
  protocol: [
    "Protocol",
    [
      ["", "Any protocol"],
      ["SIP", "SIP"],
      ["XMPP", "XMPP"],
    ],
  ],
  state: [
    "State",
    [
      ["", "Any state"],
      ["Ready", "Ready"],
      ["Pending", "Pending"],
      ["Blocked", "Blocked"],
      ["NoRoute", "No route"],
      ["Throttled", "Throttled"],
      ["NotAccepted", "Not accepted"],
    ],
  ],
  activity: [
    "Activity",
    [
      ["", "Any activity"],
      ["seen", "Seen"],
      ["none", "None seen"],
    ],
  ],
  trust: [
    "Trust",
    [
      ["", "Any trust"],
      ["Limited", "Limited"],
      ["Full", "Full"],
    ],
  ],
} as const;
type Filter = keyof typeof FILTERS;

/** SIP Federated Domains: the list, its filters, and one domain in full beside it. */
export function domainsPage(context: Context, query: URLSearchParams): Page {
  const { live, signal } = context;
  const wanted = new Map<string, string>(query);
  let store = newStore();
  const table = new DomainTable(
    {
      row: (index) => store.row(index),
      total: () => store.total,
      seen: (first, end) => {
        store.want(first, end);
      },
      chosen: (row) => {
        panel.show(row);
      },
      sorting: () => sortingOf(wanted),
      sorted: ({ sort, descending }) => {
        change({ sort, order: descending ? "descending" : "ascending" });
      },
    },
    signal,
  );
  const panel = domainPanel(context, () => {
    table.focus();
  });
  const count = el("p", { class: "count", role: "status" });
  const nothing = el("div", { class: "nothing", hidden: true });
  const bar = toolbar(context, wanted, change);

  function newStore(): RowStore {
    const made: RowStore = new RowStore({
      load: (offset, limit, aborted) =>
        read<DomainPage>("domains", { ...Object.fromEntries(wanted), offset, limit }, aborted),
      changed: () => {
        if (made === store) shown();
      },
      failed: context.failed,
    });
    signal.addEventListener("abort", () => {
      made.stop();
    });
    return made;
  }

  function shown(): void {
    const { total = 0, all = 0 } = store;
    const isFiltered = [...wanted.keys()].some((name) => name !== "sort" && name !== "order");
    setText(count, isFiltered ? `${number(total)} of ${counted(all, "domain")}` : counted(all, "domain"));
    nothing.hidden = total > 0;
    if (total === 0) nothing.replaceChildren(emptiness(isFiltered));
    table.draw();
  }

  function change(news: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(news)) {
      if (value === "") wanted.delete(name);
      else wanted.set(name, value);
    }
    context.remember(Object.fromEntries(wanted));
    store.stop();
    const { total, all } = store;
    store = newStore();
    // the scroll bar keeps its size until the answer is there
    Object.assign(store, { total, all });
    table.toTop();
  }

  const renew = calmly(() => {
    store.renew();
    table.draw();
  }, RENEW_MS);
  const renewOne = calmly(() => {
    panel.renew();
  }, RENEW_ONE_MS);
  live.on(
    "domains",
    (event) => {
      store.apply(event);
      table.mark(event.changed.map(({ name }) => name));
      if (panel.shown !== undefined) follow(panel.shown, event);
      renew();
    },
    signal,
  );
  live.on("resync", renew, signal);

  function follow(name: string, { changed, removed, more }: DomainsEvent): void {
    const row = changed.find((one) => one.name === name);
    if (row || removed.includes(name)) panel.changed(row);
    else if (more) renewOne();
  }

  table.draw();
  return {
    title: "SIP Federated Domains",
    element: el(
      "div",
      { class: "split" },
      el("div", { class: "list" }, bar, count, el("div", { class: "grid-place" }, table.element, nothing)),
      panel.element,
    ),
  };
}

function toolbar(
  context: Context,
  wanted: ReadonlyMap<string, string>,
  change: (news: Readonly<Record<string, string>>) => void,
): HTMLElement {
  const search = el("input", {
    ...{ type: "search", placeholder: "Find a domain", "aria-label": "Find a domain", spellcheck: "false" },
    value: wanted.get("text") ?? "",
  });
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      change({ text: search.value.trim() });
    }, TYPING_MS);
  });
  document.addEventListener(
    "keydown",
    (event) => {
      const isTyping = event.target instanceof Element && event.target.matches("input, select, textarea");
      if (event.key !== "/" || isTyping) return;
      event.preventDefault();
      search.focus();
    },
    { signal: context.signal },
  );
  const filters = (Object.keys(FILTERS) as Filter[]).map((name) => {
    const [label, options] = FILTERS[name];
    return select(label, options, wanted.get(name) ?? "", (value) => {
      change({ [name]: value });
    });
  });
  return el(
    "div",
    { class: "toolbar", role: "search" },
    el("div", { class: "search" }, icon("search"), search, el("kbd", { "aria-hidden": "true" }, "/")),
    ...filters,
    routeFilter(wanted.get("route"), change),
    context.session.may.addDomains &&
      button(
        "Add",
        () => {
          addDomain(context);
        },
        { symbol: "plus" },
      ),
  );
}

/** A filter that other pages set: it can be taken away here. */
function routeFilter(
  route: string | undefined,
  change: (news: Readonly<Record<string, string>>) => void,
): HTMLElement | undefined {
  if (route === undefined) return undefined;
  const chip = button(
    `Route ${route}`,
    () => {
      chip.remove();
      change({ route: "" });
    },
    { kind: "chip" },
  );
  chip.append(icon("close"));
  chip.title = "Take this filter away";
  return chip;
}

function addDomain(context: Context): void {
  const name = el("input", {
    type: "text",
    required: true,
    placeholder: "partner.example",
    spellcheck: "false",
  });
  const policy = select(
    "Policy",
    [
      ["Block", "Block it"],
      ["Allow", "Allow it"],
    ],
    "Block",
    () => undefined,
  );
  ask({
    title: "Add a domain",
    content: [
      el(
        "p",
        {},
        "Requests to and from a blocked domain are refused, also while federation is open. An allowed one is known from now on, with full trust.",
      ),
      field("Domain", name),
      field("Policy", policy),
    ],
    yes: "Add",
    problem: messageOf,
    act: async () => {
      const domain = name.value.trim().toLowerCase();
      await edit({ action: "add", domain, policy: policy.value === "Allow" ? "Allow" : "Block" });
      context.say(`${domain} is added.`);
    },
  });
}

function sortingOf(wanted: ReadonlyMap<string, string>): Sorting {
  const sort = wanted.get("sort");
  return {
    sort: sort === "created" || sort === "activity" ? sort : "name",
    descending: wanted.get("order") === "descending",
  };
}

function emptiness(isFiltered: boolean): HTMLElement {
  return isFiltered
    ? empty("No domain is like this", "Take a filter away, or type less.")
    : empty(
        "No domain is known yet",
        "While federation is open, domains appear here as they answer for the first time.",
      );
}
