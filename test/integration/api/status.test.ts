import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { findCondition } from "../../../src/api/conditions.ts";
import type { Condition } from "../../../src/api/types.ts";
import { applyObjects, createNamespace } from "../../support/control-plane.ts";
import { expectationsOf, fulfils } from "../../support/crd-expectations.ts";
import { applyServerSide, manifest, patchStatus, read } from "../../support/crd-objects.ts";
import { type Cause, schemaOf, tryStatus } from "../../support/crds.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";

const NAME = "partner.example.com";
const SPECS = {
  StaticRoute: { destinationPattern: NAME, nextHop: "192.0.2.1" },
  FederatedDomain: {},
} as const;
const KINDS = ["StaticRoute", "FederatedDomain"] as const;

const PENDING: Condition = {
  type: "Ready",
  status: "Unknown",
  reason: "Pending",
  message: "Waiting for the operator",
  lastTransitionTime: "1970-01-01T00:00:00Z",
};
const ACCEPTED: Condition = {
  type: "Accepted",
  status: "True",
  reason: "Accepted",
  message: "In force.",
  observedGeneration: 1,
  lastTransitionTime: "2026-01-01T00:00:00Z",
};

const goodStatuses = [
  { observedGeneration: 0, conditions: [] },
  {
    conditions: [
      { ...ACCEPTED, type: "example.com/Approved", message: "a".repeat(32768), observedGeneration: 0 },
    ],
  },
  { conditions: Array.from({ length: 16 }, (_, index) => ({ ...ACCEPTED, type: `C${index}` })) },
];

const conditionWith = (fields: object): object => ({ conditions: [{ ...ACCEPTED, ...fields }] });

const badStatuses = [
  { observedGeneration: -1 },
  { conditions: Array.from({ length: 17 }, (_, index) => ({ ...ACCEPTED, type: `C${index}` })) },
  { conditions: [ACCEPTED, ACCEPTED] },
  { conditions: [{ type: "Accepted" }] },
  { conditions: [{ status: "True" }] },
  conditionWith({ type: "a".repeat(317) }),
  conditionWith({ type: "-" }),
  conditionWith({ status: "true" }),
  conditionWith({ reason: "" }),
  conditionWith({ reason: "a".repeat(1025) }),
  conditionWith({ reason: "two words" }),
  conditionWith({ message: "a".repeat(32769) }),
  conditionWith({ observedGeneration: -1 }),
  conditionWith({ lastTransitionTime: "yesterday" }),
];

const goodPorts = [{ effectivePort: 0 }, { effectivePort: 65535 }];
const badPorts = [{ effectivePort: -1 }, { effectivePort: 65536 }];

for (const kind of KINDS) {
  const object = (rest: object = {}): object => manifest(kind, NAME, { spec: { ...SPECS[kind], ...rest } });

  test(`a ${kind} that nobody looked at is Ready=Unknown, also after applies and patches of its status`, async () => {
    const api = await sharedControlPlane();
    const namespace = await createNamespace(api);
    await applyObjects(api, namespace, [object()]);
    assert.deepEqual((await read(api, namespace, kind, NAME)).status, { conditions: [PENDING] });

    await applyObjects(api, namespace, [object({ description: "changed" })]);
    const changed = await read(api, namespace, kind, NAME);
    assert.equal(changed.metadata.generation, 2);
    assert.deepEqual(changed.status, { conditions: [PENDING] });

    await patchStatus(api, namespace, kind, NAME, { observedGeneration: 2 });
    assert.deepEqual((await read(api, namespace, kind, NAME)).status, {
      observedGeneration: 2,
      conditions: [PENDING],
    });
  });

  test(`a ${kind} does not keep the status that it was created with`, async () => {
    const api = await sharedControlPlane();
    const namespace = await createNamespace(api);
    const status = { conditions: [{ ...PENDING, status: "True" }] };
    await applyObjects(api, namespace, [{ ...object(), status }]);
    assert.deepEqual((await read(api, namespace, kind, NAME)).status, { conditions: [PENDING] });
  });

  test(`each condition of a ${kind} has a manager of its own`, async () => {
    const api = await sharedControlPlane();
    const namespace = await createNamespace(api);
    await applyObjects(api, namespace, [object()]);
    const apply = (manager: string, condition: Condition): Promise<void> =>
      applyServerSide(api, namespace, manifest(kind, NAME, { status: { conditions: [condition] } }), {
        manager,
        subresource: "status",
      });
    await apply("operator", ACCEPTED);
    await apply("other", { ...PENDING, status: "True" });
    const { conditions } = (await read(api, namespace, kind, NAME)).status;
    assert.deepEqual(findCondition(conditions, "Accepted"), ACCEPTED);
    assert.equal(findCondition(conditions, "Ready")?.status, "True");
  });

  test(`a ${kind} keeps its status when a person applies its spec`, async () => {
    const api = await sharedControlPlane();
    const namespace = await createNamespace(api);
    await applyObjects(api, namespace, [object()]);
    const status = { observedGeneration: 1, conditions: [ACCEPTED] };
    await patchStatus(api, namespace, kind, NAME, status);
    await applyObjects(api, namespace, [object({ description: "changed" })]);
    assert.deepEqual((await read(api, namespace, kind, NAME)).status, status);
  });

  test(`the status of a ${kind} has bounds`, async () => {
    const api = await sharedControlPlane();
    const namespace = await createNamespace(api);
    await applyObjects(api, namespace, [object()]);
    const causesOf = async (status: object): Promise<readonly Cause[]> =>
      (await tryStatus(api, namespace, { kind, name: NAME, status })).causes;

    for (const status of [...goodStatuses, ...(kind === "StaticRoute" ? goodPorts : [])]) {
      assert.deepEqual(await causesOf(status), []);
    }
    const refusals: Cause[] = [];
    for (const status of [...badStatuses, ...(kind === "StaticRoute" ? badPorts : [])]) {
      const causes = await causesOf(status);
      assert.notDeepEqual(causes, [], `${inspect(status, { depth: 4 })} was taken`);
      refusals.push(...causes);
    }
    const promised = expectationsOf(schemaOf(kind)).filter(({ field }) => field.startsWith("status."));
    const silent = promised.filter((expected) => !refusals.some((cause) => fulfils(cause, expected)));
    assert.deepEqual(silent, []);
  });
}
