import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import type { Condition } from "../../../src/api/types.ts";
import { cachedDomain } from "../../../src/kubernetes/cached.ts";
import type { ApiObject } from "../../../src/kubernetes/resources.ts";
import { digestOf, statusPatch, UNWRITTEN } from "../../../src/kubernetes/status-digest.ts";
import { DOMAIN_STATUS, ROUTE_STATUS } from "../../../src/kubernetes/status-shapes.ts";

const trim = cachedDomain(DOMAIN_STATUS);

const condition = (type: string, changes: Partial<Condition> = {}): Condition => ({
  type,
  status: "True",
  reason: type,
  message: "",
  observedGeneration: 1,
  lastTransitionTime: "2026-01-01T00:00:00Z",
  ...changes,
});

const domain = (
  resourceVersion: number,
  generation: number,
  conditions?: readonly Condition[],
  uid = "u",
): ApiObject => ({
  metadata: {
    name: "a.example",
    namespace: "ns",
    uid,
    resourceVersion: String(resourceVersion),
    generation,
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
  spec: { policy: "Allow", protocol: "SIP", trust: "Limited" },
  ...(conditions && { status: { observedGeneration: generation, conditions } }),
});

test("what is kept of a domain", () => {
  const { object, resourceVersion, specVersion, statusDigest, programmed } = trim(domain(7, 1), undefined);
  deepEqual(object, {
    name: "a.example",
    uid: "u",
    generation: 1,
    spec: { policy: "Allow", protocol: "SIP", trust: "Limited" },
  });
  deepEqual(
    { resourceVersion, specVersion, statusDigest, programmed },
    {
      resourceVersion: "7",
      specVersion: "7",
      statusDigest: UNWRITTEN,
      programmed: false,
    },
  );
});

test("a change of the status alone leaves the object and the version of its spec as they were", () => {
  const first = trim(domain(7, 1), undefined);
  const second = trim(domain(9, 1, [condition("Programmed")]), first);
  equal(second.object, first.object);
  deepEqual([second.resourceVersion, second.specVersion, second.programmed], ["9", "7", true]);
});

test("what the routers have is said for good, also of an object without effect; what is pending is not", () => {
  const programmed = (changes: Partial<Condition>): boolean =>
    trim(domain(9, 1, [condition("Programmed", changes)]), undefined).programmed;
  equal(programmed({ status: "False", reason: "NotAccepted" }), true);
  equal(programmed({ status: "False", reason: "NotAccepted", observedGeneration: 0 }), false);
  equal(programmed({ status: "False", reason: "Pending" }), false);
});

test("a new generation is a new object, and is not programmed by what was said of the last one", () => {
  const first = trim(domain(7, 1, [condition("Programmed")]), undefined);
  const second = trim(domain(9, 2, [condition("Programmed")]), first);
  notEqual(second.object, first.object);
  deepEqual([second.specVersion, second.programmed], ["9", false]);
});

test("an object made anew under its old name is another one", () => {
  const first = trim(domain(7, 1, [condition("Programmed")], "old"), undefined);
  const second = trim(domain(9, 1, undefined, "new"), first);
  deepEqual([second.object.uid, second.specVersion, second.programmed], ["new", "9", false]);
});

test("the digest sees what is ours to write, and nothing else", () => {
  const digest = (conditions: readonly Condition[], fields: object = {}): number =>
    digestOf({ observedGeneration: 1, conditions, ...fields }, ROUTE_STATUS);
  const base = [condition("Accepted"), condition("Ready")];
  const same = digest(base);
  equal(digest(base.toReversed()), same, "order");
  equal(digest([...base, condition("example.com/Checked")]), same, "conditions of others");
  equal(
    digest([condition("Accepted", { lastTransitionTime: "2027-01-01T00:00:00Z" }), condition("Ready")]),
    same,
  );
  equal(digest(base, { note: "of others" }), same, "fields of others");
  for (const change of [
    { status: "False" },
    { reason: "No" },
    { message: "x" },
    { observedGeneration: 2 },
  ] as const) {
    notEqual(digest([condition("Accepted", change), condition("Ready")]), same, JSON.stringify(change));
  }
  notEqual(digest([condition("Accepted")]), same);
  notEqual(digest(base, { effectivePort: 5060 }), same);
  notEqual(digestOf({ observedGeneration: 2, conditions: base }, ROUTE_STATUS), same);
});

test("the status that the schema gives to a new object is not written by anybody", () => {
  const byDefault = condition("Ready", { status: "Unknown", reason: "Pending" });
  equal(digestOf({ conditions: [byDefault] }, ROUTE_STATUS), UNWRITTEN);
  equal(digestOf(undefined, ROUTE_STATUS), UNWRITTEN);
});

test("a status that only others have written to is not taken for unwritten: their conditions must be kept", () => {
  notEqual(digestOf({ conditions: [condition("example.com/Checked")] }, ROUTE_STATUS), UNWRITTEN);
});

test("a patch sends our fields, those to be removed as null, and all conditions there shall be", () => {
  const conditions = [condition("Accepted"), condition("example.com/Checked")];
  const status = { observedGeneration: 3, conditions, ...{ effectivePort: 5061, other: 1 } };
  deepEqual(statusPatch(status, ROUTE_STATUS), { observedGeneration: 3, effectivePort: 5061, conditions });
  deepEqual(statusPatch({ observedGeneration: 3, conditions }, ROUTE_STATUS), {
    observedGeneration: 3,
    effectivePort: null,
    conditions,
  });
});
