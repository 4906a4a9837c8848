/** The console in the browser: who looks, which page, and what is heard meanwhile. */
import type { SessionView } from "../types.ts";
import { logOut, messageOf, read, Refused } from "./api.ts";
import type { Context, PageMaker } from "./context.ts";
import { el } from "./dom.ts";
import { Live } from "./live.ts";
import { loginPage } from "./login.ts";
import { domainsPage } from "./pages/domains.ts";
import { explainPage } from "./pages/explain.ts";
import { overviewPage } from "./pages/overview.ts";
import { routesPage } from "./pages/routes.ts";
import { createShell, type Shell } from "./shell.ts";
import { applyTheme } from "./theme.ts";

const ROOT = "/console/";
const PAGES: Readonly<Record<string, PageMaker>> = {
  "": overviewPage,
  domains: domainsPage,
  routes: routesPage,
  explain: explainPage,
};
const SAID_MS = 6_000;
const LOGGED_OUT = 401;

const messages = el("div", { class: "messages", role: "status", "aria-live": "polite" });
let leaving = new AbortController();
let stopSession = new AbortController();

applyTheme();
void begin();

async function begin(): Promise<void> {
  try {
    const session = await read<SessionView | Record<string, never>>("session");
    if ("user" in session) run(session as SessionView);
    else showLogin("");
  } catch (error) {
    showLogin(messageOf(error));
  }
}

function showLogin(reason: string): void {
  end();
  document.title = "Log in · SIP federation";
  document.body.replaceChildren(loginPage(reason, run));
  document.querySelector("input")?.focus();
}

function end(): void {
  leaving.abort();
  stopSession.abort();
}

function run(session: SessionView): void {
  end();
  stopSession = new AbortController();
  const { signal } = stopSession;
  const live = new Live();
  const shell = createShell(session, () => {
    void logOut().finally(() => {
      showLogin("");
    });
  });
  live.on("state", shell.live, signal);
  live.on(
    "pulse",
    ({ isOpen }) => {
      shell.open(isOpen);
    },
    signal,
  );
  live.on(
    "ended",
    () => {
      showLogin("The session has ended: log in again.");
    },
    signal,
  );
  document.body.replaceChildren(shell.element, messages);
  const context: Omit<Context, "signal"> = { session, live, go, remember, say, failed };
  const show = (): void => {
    showPage(shell, context);
  };
  function go(path: string): void {
    history.pushState(null, "", ROOT + path);
    show();
    document.querySelector("h1")?.focus();
  }
  addEventListener("popstate", show, { signal });
  document.addEventListener(
    "click",
    (event) => {
      followLink(event, go);
    },
    { signal },
  );
  show();
  live.follow(signal);
}

function showPage(shell: Shell, context: Omit<Context, "signal">): void {
  leaving.abort();
  leaving = new AbortController();
  const path = location.pathname.slice(ROOT.length);
  const make = PAGES[path] ?? overviewPage;
  shell.show(path, make({ ...context, signal: leaving.signal }, new URLSearchParams(location.search)));
}

/** A link of ours needs no new document. */
function followLink(event: MouseEvent, go: (path: string) => void): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
    return;
  const target = event.target instanceof Element ? event.target.closest("a") : null;
  const url = target && URL.parse(target.href);
  if (url?.origin !== location.origin || !url.pathname.startsWith(ROOT) || url.hash !== "") return;
  event.preventDefault();
  go(url.pathname.slice(ROOT.length) + url.search);
}

function remember(query: Readonly<Record<string, string | undefined>>): void {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== "") parameters.set(name, value);
  const text = parameters.size > 0 ? `?${parameters.toString()}` : "";
  history.replaceState(null, "", location.pathname + text);
}

function say(text: string, kind: "good" | "bad" = "good"): void {
  const message = el("p", { class: kind }, text);
  messages.append(message);
  setTimeout(() => {
    message.remove();
  }, SAID_MS);
}

function failed(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (error instanceof Refused && error.status === LOGGED_OUT)
    showLogin("The session has ended: log in again.");
  else say(messageOf(error), "bad");
}
