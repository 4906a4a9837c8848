import type { SessionView } from "../types.ts";
import { el, fill, setText } from "./dom.ts";
import { icon, type IconName } from "./icons.ts";
import { badge } from "./parts.ts";
import type { Page } from "./context.ts";
import { themeButton } from "./theme.ts";

export interface Shell {
  readonly element: HTMLElement;
  /** Puts a page in its place, and focus at its beginning. */
  show(path: string, page: Page): void;
  readonly live: (isLive: boolean) => void;
  readonly open: (isOpen: boolean) => void;
}

const PAGES: readonly (readonly [path: string, name: string, symbol: IconName])[] = [
  ["", "Overview", "overview"],
  ["domains", "SIP Federated Domains", "domains"],
  ["routes", "Static Routes", "routes"],
  ["explain", "Explain", "explain"],
];

/** What is around every page. */
export function createShell(session: SessionView, leave: () => void): Shell {
  const links = new Map(
    PAGES.map(([path, name, symbol]) => [
      path,
      el("a", { href: `/console/${path}` }, icon(symbol), el("span", {}, name)),
    ]),
  );
  const state = el("span", { class: "live", role: "status" });
  const openness = el("span", { class: "openness" });
  const heading = el("h1", { tabindex: -1 });
  const place = el("div", { class: "page" });
  const element = el(
    "div",
    { class: "shell" },
    el("a", { class: "skip", href: "#content" }, "Skip to content"),
    el(
      "header",
      { class: "side" },
      el(
        "a",
        { class: "brand", href: "/console/" },
        el("img", { src: "/console/assets/icon.svg", alt: "", width: 28, height: 28 }),
        el("span", {}, "SIP federation"),
      ),
      el(
        "nav",
        { "aria-label": "Pages" },
        el("ul", {}, ...[...links.values()].map((one) => el("li", {}, one))),
      ),
      whereabouts(session),
    ),
    el(
      "main",
      { id: "content" },
      el("div", { class: "top" }, heading, openness, state, themeButton(), userPart(session, leave)),
      place,
    ),
  );
  return {
    element,
    show: (path, page) => {
      for (const [key, one] of links) {
        if (key === path) one.setAttribute("aria-current", "page");
        else one.removeAttribute("aria-current");
      }
      setText(heading, page.title);
      document.title = `${page.title} · SIP federation`;
      fill(place, page.element);
    },
    live: (isLive) => {
      state.className = `live ${isLive ? "on" : "off"}`;
      setText(state, isLive ? "Live" : "Reconnecting…");
    },
    open: (isOpen) => {
      const [tone, text] = isOpen
        ? (["good", "Federation is open"] as const)
        : (["quiet", "Federation is closed"] as const);
      if (openness.textContent !== text)
        fill(openness, badge(tone, text, "Whether new domains are discovered"));
    },
  };
}

function whereabouts({ namespace, pod, version, localDomains }: SessionView): HTMLElement {
  const domains =
    localDomains.length > 2 ? `${localDomains.slice(0, 2).join(", ")} …` : localDomains.join(", ");
  return el(
    "dl",
    { class: "whereabouts" },
    ...[
      ["Local domains", domains],
      ["Namespace", namespace],
      ["Pod", pod],
      ["Version", version],
    ].flatMap(([name = "", value = ""]) => [el("dt", {}, name), el("dd", { title: value }, value)]),
  );
}

function userPart({ user }: SessionView, leave: () => void): HTMLElement {
  const short = user.split(":").at(-1) ?? user;
  return el(
    "div",
    { class: "user" },
    el("span", { class: "who", title: user }, short),
    el(
      "button",
      { type: "button", class: "ghost square", "aria-label": "Log out", title: "Log out", onclick: leave },
      icon("leave"),
    ),
  );
}
