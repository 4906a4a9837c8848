/** Small things that several pages are made of. */
import type { DomainState, HopState, RouteRow } from "../types.ts";
import { type Child, el } from "./dom.ts";
import { icon, type IconName } from "./icons.ts";

type Tone = "good" | "bad" | "warn" | "quiet" | "info";

/** A dot and a word: never the colour alone. */
export function badge(tone: Tone, text: string, title?: string): HTMLSpanElement {
  return el("span", { class: `badge ${tone}`, title }, text);
}

export const DOMAIN_STATES: Readonly<Record<DomainState, readonly [tone: Tone, text: string]>> = {
  Ready: ["good", "Ready"],
  Pending: ["info", "Pending"],
  Blocked: ["quiet", "Blocked"],
  NoRoute: ["bad", "No route"],
  Throttled: ["warn", "Throttled"],
  NotAccepted: ["bad", "Not accepted"],
};

export const ROUTE_STATES: Readonly<Record<RouteRow["state"], readonly [tone: Tone, text: string]>> = {
  Open: ["good", "Open"],
  Serving: ["good", "Serving"],
  Idle: ["quiet", "Idle"],
  Blocked: ["quiet", "Blocked"],
  Disabled: ["quiet", "Disabled"],
  NotAccepted: ["bad", "Not accepted"],
};

export const HOP_STATES: Readonly<Record<HopState, readonly [tone: Tone, text: string]>> = {
  answers: ["good", "answers"],
  partly: ["warn", "answers in part"],
  silent: ["bad", "does not answer"],
  unknown: ["info", "not probed yet"],
  unresolved: ["bad", "not resolved"],
};

export function button(
  text: string,
  onclick: (event: Event) => void,
  { kind = "", symbol }: { kind?: string; symbol?: IconName } = {},
): HTMLButtonElement {
  return el("button", { type: "button", class: kind, onclick }, symbol && icon(symbol), text);
}

/** A label above what it belongs to. */
export function field(label: string, control: HTMLElement, hint?: string): HTMLLabelElement {
  return el(
    "label",
    { class: "field" },
    el("span", { class: "label" }, label),
    control,
    hint !== undefined && el("span", { class: "hint" }, hint),
  );
}

/** `[value, text]`, the first of which is for all. */
export function select(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string,
  onchange: (value: string) => void,
): HTMLSelectElement {
  const element = el(
    "select",
    {
      "aria-label": label,
      onchange: () => {
        onchange(element.value);
      },
    },
    ...options.map(([key, text]) => el("option", { value: key, selected: key === value }, text)),
  );
  return element;
}

/** A command to type elsewhere, with a button that copies it. */
export function command(text: string): HTMLDivElement {
  const copy = el("button", { type: "button", class: "ghost square", "aria-label": "Copy" }, icon("copy"));
  const code = el("code", {}, text);
  copy.addEventListener("click", () => {
    void navigator.clipboard.writeText(text).then(
      () => {
        copy.setAttribute("aria-label", "Copied");
        copy.classList.add("done");
      },
      () => {
        getSelection()?.selectAllChildren(code);
      },
    );
  });
  return el("div", { class: "command" }, code, copy);
}

/** Pairs of a name and what it is. Those without content are left out. */
export function facts(pairs: readonly (readonly [name: string, content: Child])[]): HTMLDListElement {
  const there = pairs.filter(([, content]) => content !== undefined && content !== false && content !== "");
  return el(
    "dl",
    { class: "facts" },
    ...there.flatMap(([name, content]) => [el("dt", {}, name), el("dd", {}, content)]),
  );
}

export function link(path: string, ...children: readonly Child[]): HTMLAnchorElement {
  return el("a", { href: `/console/${path}` }, ...children);
}

/** Shown in place of what is not there. */
export function empty(title: string, text: string): HTMLDivElement {
  return el("div", { class: "empty" }, el("strong", {}, title), el("p", {}, text));
}
