import assert from "node:assert/strict";
import { test } from "node:test";
import { discovery, refusals } from "../../../src/reconcile/notices.ts";

const IN_FORCE = { status: "True", reason: "Accepted", message: "In force." } as const;
const REFUSED = { status: "False", reason: "LocalDomain", message: "It is ours." } as const;

test("only what is not accepted is noticed, with the reason and the fix", () => {
  const verdicts = {
    routeVerdict: () => ({ accepted: IN_FORCE, effectivePort: 5060, state: "Serving" as const }),
    domainVerdict: (name: string) =>
      name === "ours.example" ? { accepted: REFUSED, routed: REFUSED } : undefined,
  };
  const changes = { routes: new Set(["r"]), domains: new Set(["ours.example", "deleted.example"]) };
  assert.deepEqual(
    refusals(changes, verdicts, () => "uid-1"),
    [
      {
        regarding: {
          apiVersion: "sipfederation.io/v1alpha1",
          kind: "FederatedDomain",
          name: "ours.example",
          uid: "uid-1",
        },
        type: "Warning",
        reason: "LocalDomain",
        action: "Translate",
        note: "It is ours.",
      },
    ],
  );
});

test("a discovery is sampled: strangers can cause it", () => {
  assert.equal(discovery("a.example", "uid-1").sampled, true);
});
