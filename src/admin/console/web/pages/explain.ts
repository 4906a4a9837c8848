import type { Candidate, Explanation } from "../../types.ts";
import { messageOf, read, Refused } from "../api.ts";
import type { Context, Page } from "../context.ts";
import { type Child, el, fill } from "../dom.ts";
import { place } from "../format.ts";
import { badge, field, link, select } from "../parts.ts";

type Asked = Readonly<Record<"uri" | "from" | "source" | "certificate" | "method", string>>;

const METHODS = ["INVITE", "MESSAGE", "SUBSCRIBE", "NOTIFY", "OPTIONS", "REGISTER"];
const UNTOLD: Asked = { uri: "", from: "", source: "inside", certificate: "", method: "INVITE" };

/** Explain: where a request would go, and why, from the code that routes. Nothing is sent. */
export function explainPage(context: Context, query: URLSearchParams): Page {
  const asked = Object.fromEntries(
    Object.entries(UNTOLD).map(([name, preset]) => [name, query.get(name) ?? preset]),
  ) as Asked;
  const result = el("div", { class: "result", "aria-live": "polite" });
  const form = questions(context, asked);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form)) as Record<string, string>;
    const given = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, value.trim()] as const),
    );
    context.remember(given);
    void explain(given);
  });

  async function explain(given: Readonly<Record<string, string>>): Promise<void> {
    for (const input of form.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    try {
      const found = await read<Explanation>("explain", given, context.signal);
      fill(result, ...answer(found, given.uri ?? ""));
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 400) {
        context.failed(error);
        return;
      }
      const [parameter = ""] = error.message.split(":");
      form.querySelector(`[name="${CSS.escape(parameter)}"]`)?.setAttribute("aria-invalid", "true");
      fill(result, el("p", { class: "trouble" }, messageOf(error)));
    }
  }

  if (asked.uri !== "") void explain(asked);
  return {
    title: "Explain",
    element: el("div", { class: "stack explain" }, form, result),
  };
}

function questions(context: Context, asked: Asked): HTMLFormElement {
  const input = (name: keyof Asked, placeholder: string, required = false): HTMLInputElement =>
    el("input", {
      type: "text",
      name,
      value: asked[name],
      placeholder,
      required,
      spellcheck: "false",
      autocomplete: "off",
    });
  const [local = "example.com"] = context.session.localDomains;
  const source = input("source", "inside");
  source.setAttribute("list", "sources");
  const method = select(
    "Method",
    METHODS.map((name) => [name, name] as const),
    asked.method,
    () => undefined,
  );
  method.name = "method";
  return el(
    "form",
    { class: "card questions" },
    field(
      "Request-URI",
      input("uri", "sip:bob@partner.example", true),
      "Whom the request is for: a sip:, sips: or tel: URI",
    ),
    field("From", input("from", `sip:alice@${local}`), "Names the domain of who calls from the outside"),
    field("Sent by", source, "inside, outside, or the IP address that it comes from"),
    field("Method", method),
    field("Certificate", input("certificate", "none"), "A name that its TLS connection has proven"),
    el("datalist", { id: "sources" }, el("option", { value: "inside" }), el("option", { value: "outside" })),
    el("div", { class: "buttons" }, el("button", { type: "submit", class: "primary" }, "Explain")),
  );
}

function answer(found: Explanation, uri: string): Node[] {
  return [
    el(
      "section",
      { class: `card verdict ${outcome(found)[0]}` },
      el("p", { class: "muted" }, badge(...outcome(found)), ` ${uri}`),
      el("h2", {}, `${found.summary.charAt(0).toUpperCase()}${found.summary.slice(1)}.`),
      el("p", { class: "muted" }, whereItStands(found)),
    ),
    el(
      "section",
      { class: "card" },
      el("h2", {}, "Why"),
      el("ol", { class: "steps" }, ...found.because.map((step) => el("li", {}, step))),
    ),
    ...path(found),
    el(
      "section",
      { class: "card" },
      el("h2", {}, "What stays"),
      el("p", {}, found.caching.because),
      found.domain !== undefined &&
        el(
          "p",
          {},
          link(`domains?text=${encodeURIComponent(found.domain)}`, `${found.domain} among the known domains`),
        ),
    ),
  ];
}

function outcome({ action, status, nextHop }: Explanation): ["good" | "bad" | "quiet", string] {
  if (action === "relay") return nextHop ? ["good", "Relayed"] : ["bad", "No next hop"];
  if (action === "gateway") return ["good", "To XMPP"];
  if (action === "drop") return ["quiet", "Dropped"];
  return status !== undefined && status < 300
    ? ["good", `Answered ${status}`]
    : ["bad", `Refused ${status ?? ""}`.trim()];
}

function whereItStands({ row, direction, domain }: Explanation): string {
  const about = domain === undefined ? "" : ` · ${domain}`;
  return `Row ${row} of the decision table${direction === undefined ? "" : ` · ${direction}`}${about}`;
}

/** The routes in the order in which they are tried. */
function path({ candidates, nextHop, action }: Explanation): Node[] {
  if (candidates.length === 0) return [];
  return [
    el(
      "section",
      { class: "card" },
      el("h2", {}, action === "relay" ? "The path" : "Routes whose pattern matches"),
      el(
        "ol",
        { class: "path" },
        ...candidates.map((one) => candidateLine(one, one.route === nextHop?.route, nextHop)),
      ),
    ),
  ];
}

function candidateLine(candidate: Candidate, isUsed: boolean, used: Explanation["nextHop"]): HTMLElement {
  const { route, pattern, nextHop, addresses, passedOver } = candidate;
  return el(
    "li",
    { class: isUsed ? "used" : passedOver === undefined ? "" : "passed" },
    el(
      "div",
      { class: "path-head" },
      el("strong", {}, link(`routes?find=${encodeURIComponent(route)}`, route)),
      el("code", {}, pattern),
      isUsed &&
        badge("good", used && used.percent < 100 ? `goes here, ${used.percent} % of the time` : "goes here"),
    ),
    nextHop &&
      el(
        "p",
        { class: "muted" },
        `${nextHop.port === 0 ? `SRV records of ${nextHop.host}` : place(nextHop.host, nextHop.port)} over ${nextHop.transport}, priority ${nextHop.priority}, weight ${nextHop.weight}`,
      ),
    passedOver !== undefined && el("p", { class: "why-not" }, `Passed over: ${passedOver}`),
    el(
      "ul",
      { class: "addresses" },
      ...addresses.map((one) => addressLine(one, isUsed && isSame(one, used))),
    ),
  );
}

type Address = Candidate["addresses"][number];

const STATES: Readonly<Record<Address["state"], readonly [tone: string, text: string]>> = {
  answers: ["good", "answers"],
  dead: ["bad", "does not answer"],
  failed: ["bad", "failed a moment ago"],
  unknown: ["info", "not probed yet"],
};

function addressLine({ address, port, state, problem }: Address, isUsed: boolean): Child {
  const [tone, text] = STATES[state];
  return el(
    "li",
    {},
    el("span", { class: `dot ${tone}` }),
    el(isUsed ? "strong" : "span", {}, place(address, port)),
    el("span", { class: "muted" }, problem === undefined ? text : `${text}: ${problem}`),
  );
}

function isSame({ address, port }: Address, used: Explanation["nextHop"]): boolean {
  return used?.address === address && used.port === port;
}
