import assert from "node:assert/strict";
import { test } from "node:test";
import xml, { type Element } from "@xmpp/xml";
import { Discovery, type DiscoveryOptions, type Finding } from "../../../../src/xmpp/discovery/discovery.ts";

const LOCAL = "local.net";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** An XMPP side that answers when it is told to, and a clock. */
function setup(options: Partial<DiscoveryOptions> = {}) {
  const asked: { iq: Element; timeoutMs: number; answer: (answer?: Element) => void }[] = [];
  const findings: Finding[] = [];
  const state = { now: 1000, from: LOCAL as string | undefined };
  const discovery = new Discovery({
    xmpp: {
      send: () => Promise.resolve(false),
      ask: (iq, timeoutMs) => {
        const { promise, resolve } = Promise.withResolvers<Element | undefined>();
        asked.push({ iq, timeoutMs, answer: resolve });
        return promise;
      },
    },
    from: () => state.from,
    localDomains: [LOCAL],
    answered: (finding) => findings.push(finding),
    now: () => state.now,
    ...options,
  });
  return { discovery, asked, findings, state };
}

/** The attributes of an answer to it. */
function back({ attrs }: Element, type: string): Record<string, unknown> {
  const { from, to, id } = attrs as Record<string, unknown>;
  return { type, from: to, to: from, id };
}

function result(iq: Element): Element {
  return xml("iq", back(iq, "result"));
}

function bounce(iq: Element, text?: string, by?: string): Element {
  const error = xml("error", { type: "cancel", by });
  error.append(xml("remote-server-not-found", { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" }));
  if (text !== undefined) error.append(xml("text", { xmlns: "urn:ietf:params:xml:ns:xmpp-stanzas" }, text));
  return xml("iq", back(iq, "error"), error);
}

const FAILED = "Server-to-server connection failed: ";

test("the domain itself is asked what it is, from a local domain", async () => {
  const { discovery, asked, findings } = setup({ timeoutMs: 1234 });
  const verdict = discovery.ask("Partner.NET.");
  const [question] = asked;
  assert.ok(question);
  const { iq } = question;
  assert.deepEqual([iq.attrs.type, iq.attrs.from, iq.attrs.to], ["get", LOCAL, "partner.net"]);
  assert.ok(iq.getChild("query", "http://jabber.org/protocol/disco#info"));
  assert.equal(question.timeoutMs, 1234);
  question.answer(result(iq));
  assert.equal(await verdict, "xmpp");
  assert.deepEqual(findings, [{ domain: "partner.net", verdict: "xmpp", reason: undefined, seconds: 0 }]);
});

test("many ask, and one question is asked", async () => {
  const { discovery, asked } = setup();
  const verdicts = Array.from({ length: 50 }, () => discovery.ask("partner.net"));
  assert.equal(asked.length, 1);
  assert.equal(discovery.pending, 1);
  asked[0]?.answer(result(asked[0].iq));
  assert.deepEqual(new Set(await Promise.all(verdicts)), new Set(["xmpp"]));
  assert.equal(discovery.pending, 0);
});

test("beyond the cap nothing is asked, nothing is remembered", async () => {
  const { discovery, asked } = setup({ maxQuestions: 2 });
  const first = ["a.net", "b.net"].map((domain) => discovery.ask(domain));
  assert.equal(await discovery.ask("c.net"), "temporary");
  for (const { answer, iq } of asked) answer(result(iq));
  await Promise.all(first);
  void discovery.ask("c.net");
  assert.equal(asked.at(-1)?.iq.attrs.to, "c.net");
});

test("a verdict counts for as long as its kind does", async () => {
  const kinds = [
    ["xmpp", result, 6 * HOUR],
    ["notXmpp", (iq: Element) => bounce(iq, `${FAILED}NXDomain in A lookup`), 6 * HOUR],
    ["notXmpp", (iq: Element) => bounce(iq, `${FAILED}connection refused`), 10 * MINUTE],
    [
      "untrusted",
      (iq: Element) => bounce(iq, `${FAILED}Remote server's certificate has expired`),
      10 * MINUTE,
    ],
    ["temporary", (iq: Element) => bounce(iq, `${FAILED}ServFail in SRV lookup`), MINUTE],
    ["temporary", () => undefined, MINUTE],
  ] as const;
  for (const [verdict, answer, lifetime] of kinds) {
    const { discovery, asked, state } = setup();
    const first = discovery.ask("partner.net");
    asked[0]?.answer(answer(asked[0].iq));
    assert.equal(await first, verdict);
    state.now += lifetime - 1;
    assert.equal(await discovery.ask("partner.net"), verdict);
    assert.equal(asked.length, 1);
    state.now += 1;
    void discovery.ask("partner.net");
    assert.equal(asked.length, 2, `${verdict} is over after ${lifetime} ms`);
  }
});

test("without a stream nobody is asked, and that is not remembered", async () => {
  const { discovery, asked, state } = setup();
  state.from = undefined;
  assert.equal(await discovery.ask("partner.net"), "away");
  state.from = LOCAL;
  void discovery.ask("partner.net");
  assert.equal(asked.length, 1);
});

test("a question that is lost with its stream says nothing, also if another stream is left", async () => {
  for (const left of [undefined, "other.net"]) {
    const { discovery, asked, state } = setup();
    const verdict = discovery.ask("partner.net");
    state.from = left;
    asked[0]?.answer(undefined);
    assert.equal(await verdict, "away");
    void discovery.ask("partner.net");
    assert.equal(asked.length, left === undefined ? 1 : 2);
  }
});

test("errors of the domain itself are answers, whatever they say", async () => {
  for (const by of ["partner.net", ""]) {
    const { discovery, asked } = setup();
    const verdict = discovery.ask("partner.net");
    asked[0]?.answer(bounce(asked[0].iq, `${FAILED}NXDomain in A lookup`, by));
    assert.equal(await verdict, "xmpp");
  }
});

test("a bounce is one by our own domain, and in later versions one by nobody", async () => {
  for (const by of [LOCAL, undefined]) {
    const { discovery, asked } = setup();
    const verdict = discovery.ask("partner.net");
    asked[0]?.answer(bounce(asked[0].iq, `${FAILED}NXDomain in A lookup`, by));
    assert.equal(await verdict, "notXmpp");
  }
});

test("what the gateway says without a reason, or while it stops, is nothing for sure", async () => {
  const answers = [
    (iq: Element) => bounce(iq),
    (iq: Element) => bounce(iq, "Communication with remote domains is not enabled"),
    (iq: Element) => bounce(iq, `${FAILED}a reason that a later version has`),
  ];
  for (const answer of answers) {
    const { discovery, asked } = setup();
    const verdict = discovery.ask("partner.net");
    asked[0]?.answer(answer(asked[0].iq));
    assert.equal(await verdict, "temporary");
  }
});

test("who cannot be a partner is never asked", async () => {
  const { discovery, asked } = setup();
  const names = ["192.0.2.1", "[2001:db8::1]", "2001:db8::1", "intranet", LOCAL, "a.test", "b.example"];
  const others = ["x.example.com", "example.org", "c.invalid", "localhost", "d.localhost", "", "no name"];
  for (const name of [...names, ...others]) assert.equal(await discovery.ask(name), "notXmpp", name);
  assert.equal(asked.length, 0);
});

test("reserved names are asked that a setting names, with all below them", () => {
  const { discovery, asked } = setup({ askReserved: ["example", "lab.test"] });
  for (const name of ["b.example", "a.lab.test", "lab.test", "other.test"]) void discovery.ask(name);
  assert.deepEqual(
    asked.map(({ iq }): unknown => iq.attrs.to),
    ["b.example", "a.lab.test", "lab.test"],
  );
});
