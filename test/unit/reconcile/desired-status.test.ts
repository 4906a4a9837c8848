import assert from "node:assert/strict";
import { test } from "node:test";
import { Model } from "../../../src/federation/model.ts";
import { desiredStatuses } from "../../../src/reconcile/desired-status.ts";
import { PROGRAMMED, Statuses } from "../../../src/reconcile/statuses.ts";
import type { Condition } from "../../../src/api/types.ts";
import type { Finding } from "../../../src/federation/types.ts";
import { config, domain, route } from "../../support/federation-objects.ts";

/** The statuses of objects that every replica has, as `TYPE STATUS REASON`. */
function statusesOf(
  model: Model,
  throttled: (kind: string, name: string) => Finding | undefined = () => undefined,
) {
  const statuses = new Statuses({
    subject: () => ({ specVersion: "1", programmed: false }),
    programmedUpTo: () => 1n,
    failure: () => undefined,
    enqueue: () => undefined,
  });
  const desired = desiredStatuses(model, {
    programmed: (...what) => statuses.programmed(...what),
    reachable: () => undefined,
    xmpp: () => undefined,
    throttled: (kind, name) => throttled(kind, name),
  });
  return (kind: "StaticRoute" | "FederatedDomain", name: string): string[] => {
    const { conditions } = desired[kind](entry(name), [], new Date()) ?? {};
    return (conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason}`);
  };
}

function entry(name: string, programmed = false) {
  return { name, object: { generation: 1 }, programmed };
}

test("whether the next hop answers is told as soon as it is known; what is told already waits for it", () => {
  const model = new Model(config());
  model.setRoute(route("good", { destinationPattern: "a.test", nextHop: "192.0.2.1" }));
  const told = (found: Finding | "wait" | undefined, programmed: boolean): string | undefined => {
    const desired = desiredStatuses(model, {
      programmed: () => PROGRAMMED,
      reachable: () => found,
      xmpp: () => undefined,
      throttled: () => undefined,
    });
    const before: Condition = {
      type: "NextHopReachable",
      status: "Unknown",
      reason: "Before",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const status = desired.StaticRoute(entry("good", programmed), [before], new Date());
    if (!status) return "nothing";
    return status.conditions.find(({ type }) => type === "NextHopReachable")?.reason;
  };
  const answers: Finding = { status: "True", reason: "Answers", message: "" };
  assert.equal(told(answers, true), "Answers");
  assert.equal(told(undefined, true), undefined);
  assert.equal(told("wait", false), undefined);
  assert.equal(told("wait", true), "nothing");
});

test("Throttled is told while limits bite, and goes with them", () => {
  const model = new Model(config());
  model.setDomain(domain("a.test", { trust: "Limited" }));
  model.setRoute(route("default", { destinationPattern: ".*", nextHop: "192.0.2.1", blockRoute: false }));
  const biting: Finding = { status: "True", reason: "TooManyRequests", message: "" };
  const bites = statusesOf(model, () => biting);
  assert.ok(bites("FederatedDomain", "a.test").includes("Throttled True TooManyRequests"));
  assert.ok(bites("StaticRoute", "default").includes("Throttled True TooManyRequests"));
  const desired = desiredStatuses(model, {
    programmed: () => PROGRAMMED,
    reachable: () => undefined,
    xmpp: () => undefined,
    throttled: () => undefined,
  });
  const told: Condition = { type: "Throttled", ...biting, lastTransitionTime: "2026-01-01T00:00:00Z" };
  for (const [kind, name] of [
    ["FederatedDomain", "a.test"],
    ["StaticRoute", "default"],
  ] as const) {
    const { conditions } = desired[kind](entry(name), [told], new Date()) ?? {};
    assert.ok(conditions?.every(({ type }) => type !== "Throttled"));
  }
});

test("a route that is not accepted is not programmed either, and stalled", () => {
  const model = new Model(config());
  model.setRoute(route("loop", { destinationPattern: "a.test", nextHop: "198.51.100.1" }));
  assert.deepEqual(statusesOf(model)("StaticRoute", "loop"), [
    "Accepted False NextHopIsSelf",
    "Programmed False NotAccepted",
    "Ready False NextHopIsSelf",
    "Stalled True NextHopIsSelf",
  ]);
});

test("nor is a domain that is our own", () => {
  const model = new Model(config());
  model.setDomain(domain("local.test"));
  assert.deepEqual(statusesOf(model)("FederatedDomain", "local.test"), [
    "Accepted False LocalDomain",
    "Programmed False NotAccepted",
    "Routed False LocalDomain",
    "Ready False LocalDomain",
    "Stalled True LocalDomain",
  ]);
});

test("a domain that stays in force without its bad sources is programmed", () => {
  const model = new Model(config());
  model.setDomain(domain("a.test", { sources: ["0.0.0.0/0"] }));
  assert.deepEqual(statusesOf(model)("FederatedDomain", "a.test"), [
    "Accepted False InvalidSource",
    "Programmed True Programmed",
    "Routed False NoRoute",
    "Ready False InvalidSource",
    "Stalled True InvalidSource",
  ]);
});
