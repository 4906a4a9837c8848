import type { Condition, DomainDetails, DomainRow, Edit } from "../types.ts";
import { edit, messageOf, read, Refused } from "./api.ts";
import type { Context } from "./context.ts";
import { ask } from "./dialog.ts";
import { el, fill } from "./dom.ts";
import { dateTime } from "./format.ts";
import { icon } from "./icons.ts";
import { badge, button, command, DOMAIN_STATES, facts, link } from "./parts.ts";

export interface DomainPanel {
  readonly element: HTMLElement;
  /** The domain that it shows. */
  readonly shown: string | undefined;
  show(row: DomainRow): void;
  /** The domain changed, or is gone: `row` undefined. */
  changed(row: DomainRow | undefined): void;
  /** The domain may have changed, or be gone. */
  renew(): void;
  close(): void;
}

const GONE = 404;

type OnDomain = Extract<Edit, { uid: string; domain: string }>["action"];

/** Everything about one domain, beside the list. */
export function domainPanel(context: Context, closed: () => void): DomainPanel {
  const element = el("aside", { class: "panel", hidden: true, "aria-label": "Domain" });
  let shown: DomainRow | undefined;
  const about = el("div", { class: "stack" });
  const conditions = el("div", { class: "stack" });
  element.append(about, conditions);
  const close = (): void => {
    if (shown === undefined) return;
    shown = undefined;
    element.hidden = true;
    closed();
  };
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });

  async function load(name: string): Promise<void> {
    try {
      const details = await read<DomainDetails>(`domains/${encodeURIComponent(name)}`);
      if (shown?.name === name) draw(details);
    } catch (error) {
      if (shown?.name !== name) return;
      if (error instanceof Refused && error.status === GONE) close();
      else context.failed(error);
    }
  }

  /** Only what is different: nothing moves away from under a pointer. */
  function draw(details: DomainDetails): void {
    const { conditions: told, ...rest } = details;
    const hadFocus = about.contains(document.activeElement);
    if (about.dataset.shown !== JSON.stringify(rest)) {
      fill(about, ...content(context, details, close));
      about.dataset.shown = JSON.stringify(rest);
      if (hadFocus) element.querySelector("h2")?.focus();
    }
    fill(conditions, el("h3", {}, "Conditions"), conditionList(told));
  }

  return {
    element,
    get shown() {
      return shown?.name;
    },
    show: (row) => {
      shown = row;
      element.hidden = false;
      draw({ row, sources: [], activity: {} });
      element.querySelector("h2")?.focus();
      void load(row.name);
    },
    changed: (row) => {
      if (row) void load(row.name);
      else close();
    },
    renew: () => {
      if (shown) void load(shown.name);
    },
    close,
  };
}

function content(context: Context, details: DomainDetails, close: () => void): Node[] {
  const { row, sources } = details;
  const explain = `explain?uri=${encodeURIComponent(`sip:user@${row.name}`)}`;
  return [
    el(
      "div",
      { class: "panel-head" },
      el("h2", { tabindex: -1 }, row.name),
      el(
        "button",
        { type: "button", class: "ghost square", "aria-label": "Close", onclick: close },
        icon("close"),
      ),
    ),
    el("p", {}, badge(...DOMAIN_STATES[row.state]), row.description !== undefined && ` ${row.description}`),
    facts([
      [
        "Origin",
        row.origin === "discovered" ? "Discovered by the operator" : "Written by a person or GitOps",
      ],
      [
        "Trust",
        row.trust === "Full"
          ? "Full: no limits once it is proven"
          : "Limited: the limits for strangers apply",
      ],
      ["Policy", row.policy],
      ["Protocol", row.protocol],
      ["Route", routeText(row)],
      ["Known since", dateTime(row.created)],
      ["Last activity", activityOf(details)],
      ["Proven by", sources.join(", ")],
    ]),
    el("p", {}, link(explain, "Where would a call to it go?", icon("right"))),
    actions(context, row),
  ];
}

/** The newer direction first, where they are known. */
function activityOf({ row, activity: { outbound, inbound } }: DomainDetails): Node | string {
  if (row.activity === undefined) return "None seen";
  const to = outbound !== undefined && el("div", {}, `${dateTime(outbound)}, to it`);
  const from = inbound !== undefined && el("div", {}, `${dateTime(inbound)}, from it`);
  if (!to && !from) return dateTime(row.activity);
  const isNewer = (outbound ?? 0) >= (inbound ?? 0);
  return el("div", {}, isNewer && to, from, !isNewer && to);
}

function routeText({ servedBy: { kind, pattern = "", route } }: DomainRow): Node | string {
  if (kind === "XMPP") return "XMPP gateway";
  if (kind === "Nothing") return "None";
  if (kind === "Default") return link("routes?find=.*", `Default route (${pattern})`);
  const text = route === undefined ? pattern : `${route} (${pattern})`;
  return link(`routes?find=${encodeURIComponent(pattern)}`, text);
}

function conditionList(conditions: readonly Condition[] | undefined): HTMLElement {
  if (!conditions) return el("p", { class: "muted" }, "…");
  if (conditions.length === 0) return el("p", { class: "muted" }, "None yet");
  return el(
    "ul",
    { class: "conditions" },
    ...conditions.map(({ type, status, reason, message }) =>
      el(
        "li",
        {},
        el("strong", {}, type),
        " ",
        badge(status === "True" ? "info" : "quiet", `${status}, ${reason}`),
        el("p", {}, message),
      ),
    ),
  );
}

/** What may be done, or how it is done elsewhere. */
function actions(context: Context, row: DomainRow): HTMLElement {
  const { changeDomains, removeDomains } = context.session.may;
  if (!changeDomains && !removeDomains) return commands(row, context.session.namespace);
  const isBlocked = row.policy === "Block";
  return el(
    "div",
    { class: "buttons" },
    changeDomains &&
      button(
        isBlocked ? "Allow" : "Block",
        () => {
          change(context, row, isBlocked ? "allow" : "block");
        },
        { kind: isBlocked ? "" : "danger-quiet" },
      ),
    changeDomains &&
      row.trust === "Limited" &&
      button("Adopt", () => {
        change(context, row, "adopt");
      }),
    removeDomains &&
      button(
        "Remove",
        () => {
          change(context, row, "remove");
        },
        { kind: "danger-quiet" },
      ),
  );
}

function commands(row: DomainRow, namespace: string): HTMLElement {
  const spec = row.policy === "Block" ? "Allow" : "Block";
  const target = `federateddomain ${row.name} -n ${namespace}`;
  return el(
    "details",
    { class: "elsewhere" },
    el("summary", {}, "Change it with kubectl"),
    command(`kubectl patch ${target} --type=merge -p '{"spec":{"policy":"${spec}"}}'`),
    row.trust === "Limited" && command(`kubectl patch ${target} --type=merge -p '{"spec":{"trust":"Full"}}'`),
    command(`kubectl delete ${target}`),
  );
}

const WORDS: Readonly<Record<OnDomain, readonly [verb: string, what: string, done: string]>> = {
  block: ["Block", "Requests to and from it are refused from now on. Calls in progress go on.", "is blocked"],
  allow: ["Allow", "Requests to and from it are served again.", "is allowed"],
  adopt: [
    "Adopt",
    "Its trust becomes Full: once it is proven, the limits for strangers do not apply to it.",
    "is adopted",
  ],
  remove: [
    "Remove",
    "It is forgotten. While federation is open, the next request discovers it anew: to refuse it for good, block it.",
    "is removed",
  ],
};

function change(context: Context, { name, uid }: DomainRow, action: OnDomain): void {
  const [verb, what, done] = WORDS[action];
  ask({
    title: `${verb} ${name}?`,
    content: [el("p", {}, what)],
    yes: verb,
    danger: action === "block" || action === "remove",
    problem: messageOf,
    act: async () => {
      await edit({ action, domain: name, uid });
      context.say(`${name} ${done}.`);
    },
  });
}
