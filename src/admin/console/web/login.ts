import type { SessionView } from "../types.ts";
import { logIn, messageOf } from "./api.ts";
import { el } from "./dom.ts";
import { command, field } from "./parts.ts";
import { themeButton } from "./theme.ts";

/** The page of those whom the server does not know. `reason`: why, if they were known before. */
export function loginPage(reason: string, loggedIn: (session: SessionView) => void): HTMLElement {
  const token = el("input", {
    ...{ type: "password", name: "token", required: true, spellcheck: "false" },
    ...{ autocomplete: "off", "aria-describedby": "login-trouble", placeholder: "eyJhbGciOiJSUzI1NiIs…" },
  });
  const trouble = el("p", { class: "trouble", id: "login-trouble", role: "alert" }, reason);
  const go = el("button", { type: "submit", class: "primary wide" }, "Log in");
  const form = el("form", { class: "stack" }, field("Bearer token of Kubernetes", token), trouble, go);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go.disabled = true;
    trouble.textContent = "";
    logIn(token.value).then(loggedIn, (error: unknown) => {
      go.disabled = false;
      trouble.textContent = messageOf(error);
      token.select();
    });
  });
  return el(
    "main",
    { class: "login" },
    el("div", { class: "corner" }, themeButton()),
    el(
      "div",
      { class: "card" },
      el("img", { src: "/console/assets/icon.svg", alt: "", width: 44, height: 44 }),
      el("h1", {}, "SIP federation"),
      el("p", { class: "muted" }, "Log in as somebody who may list FederatedDomains in this namespace."),
      form,
      el("p", { class: "hint" }, "A token for an account, good for an hour:"),
      command("kubectl create token ACCOUNT -n NAMESPACE"),
      el(
        "p",
        { class: "hint" },
        "It stays in the operator's memory, and is forgotten when you log out. This browser gets the number of a session.",
      ),
    ),
  );
}
