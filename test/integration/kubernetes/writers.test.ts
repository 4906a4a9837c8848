/** What the operator creates, through the chart's Role, on a real API server. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { FederatedDomain, StaticRoute } from "../../../src/api/types.ts";
import { DefaultRoute } from "../../../src/kubernetes/default-route.ts";
import { DialogKeys, type DialogKeysOptions } from "../../../src/kubernetes/dialog-keys.ts";
import { fingerprint } from "../../../src/kubernetes/dialog-secret.ts";
import { DomainWriter } from "../../../src/kubernetes/domain-writer.ts";
import { EventRecorder } from "../../../src/kubernetes/events.ts";
import { applyObjects, kubectl } from "../../support/control-plane.ts";
import { sharedControlPlane } from "../../support/shared-control-plane.ts";
import { API_VERSION } from "../../../src/api/names.ts";
import { waitFor } from "../../support/wait-for.ts";
import { domain, INSTALLATION, type OwnNamespace, ownNamespace, read, startOperator } from "./setup.ts";

test("the predefined route: made where there is none, adopted without a conflict, back when deleted", async (t) => {
  const api = await sharedControlPlane();
  const own = await ownNamespace(t, api);
  const { namespace } = own;
  const check = (): void => {
    defaultRoute.check();
  };
  const operator = await startOperator(t, own, { routeDeleted: check, routeChanged: check });
  const patterns = (): string[] =>
    [...operator.routes.entries()].map(({ object }) => object.spec.destinationPattern);
  const defaultRoute = new DefaultRoute({
    client: own.client,
    isMissing: () => !patterns().includes(".*"),
    created: () => undefined,
    log: own.log,
  });
  t.after(() => defaultRoute.stop());

  defaultRoute.check();
  const created = await waitFor("the route", () => read<StaticRoute>(api, namespace, "sroute", "default"));
  equal(created.spec.destinationPattern, ".*");
  equal("blockRoute" in created.spec, false, "absent is blocked");

  const adopted = {
    apiVersion: API_VERSION,
    kind: "StaticRoute",
    metadata: { name: "default" },
    spec: { destinationPattern: ".*", blockRoute: false, nextHop: "192.0.2.1" },
  };
  const file = JSON.stringify(adopted);
  await applyObjects(api, namespace, [adopted]);
  equal((await read<StaticRoute>(api, namespace, "sroute", "default")).spec.nextHop, "192.0.2.1", file);
  await waitFor("the cache", () => operator.routes.get("default")?.object.spec.nextHop === "192.0.2.1");
  defaultRoute.check();
  equal((await read<StaticRoute>(api, namespace, "sroute", "default")).spec.blockRoute, false);

  const { uid } = created.metadata;
  await kubectl(api, "delete", "sroute", "default", "-n", namespace);
  const again = await waitFor("the route to come back", async () => {
    const route = await read<StaticRoute>(api, namespace, "sroute", "default");
    return route.metadata.uid !== uid && route;
  });
  equal(again.spec.nextHop, undefined);

  await applyObjects(api, namespace, [{ ...adopted, metadata: { name: "mine" } }]);
  await waitFor("the other default route", () => operator.routes.get("mine"));
  await kubectl(api, "delete", "sroute", "default", "-n", namespace);
  await waitFor("the delete", () => operator.routes.get("default") === undefined);
  defaultRoute.check();
  await kubectl(api, "delete", "sroute", "mine", "-n", namespace);
  await waitFor("the route to come back", () => operator.routes.get("default"));
});

test("learned domains: limited, labelled, and never over what a person wrote", async (t) => {
  const api = await sharedControlPlane();
  const own = await ownNamespace(t, api);
  const results: string[] = [];
  const nothing = (): void => undefined;
  const writer = new DomainWriter({
    client: own.client,
    protocolOf: () => Promise.resolve("SIP" as const),
    stillWanted: () => true,
    isCurrent: () => true,
    refused: nothing,
    log: own.log,
    metrics: {
      written: (result) => results.push(result),
      added: nothing,
      retried: nothing,
      processed: nothing,
    },
  });
  await applyObjects(api, own.namespace, [domain("person.example")]);
  for (const name of ["stranger.example", "person.example", "no_such.example"]) writer.write(name);
  equal(await writer.stop(10_000), 0);
  deepEqual(results.toSorted(), ["created", "exists", "refused"]);
  const stranger = await read<FederatedDomain>(api, own.namespace, "fd", "stranger.example");
  deepEqual(stranger.spec, { policy: "Allow", protocol: "SIP", trust: "Limited" });
  deepEqual(stranger.metadata.labels, { "sipfederation.io/origin": "discovered" });
  deepEqual(
    stranger.status.conditions.map(({ type, status }) => [type, status]),
    [["Ready", "Unknown"]],
  );
  equal((await read<FederatedDomain>(api, own.namespace, "fd", "person.example")).spec.trust, "Full");
});

test("the dialog key: replicas that start at the same moment agree on one", async (t) => {
  const api = await sharedControlPlane();
  const own = await ownNamespace(t, api);
  const keys: string[] = [];
  const replicas = Array.from({ length: 5 }, () => {
    const changed = (read: readonly string[]): void => {
      keys.push(...read);
    };
    return dialogKeys(own, { changed });
  });
  for (const one of replicas) one.start();
  await waitFor("all keys", () => keys.length === replicas.length);
  await Promise.all(replicas.map((one) => one.stop()));
  equal(new Set(keys).size, 1);
  match(keys[0] ?? "", /^[0-9a-f]{64}$/);
});

test("the dialog key: a person enters the next one, and one of two leaders at the same moment rotates", async (t) => {
  const api = await sharedControlPlane();
  const own = await ownNamespace(t, api);
  const name = `${INSTALLATION}-dialog-key`;
  const seen = new Map<number, readonly string[]>();
  const everywhere = new Set<string>();
  const replicas = [1, 2].map((replica) =>
    dialogKeys(own, {
      changed: (keys) => {
        seen.set(replica, keys);
      },
      isLeader: () => true,
      isEverywhere: (fingerprint) => everywhere.has(fingerprint),
      rereadMs: 10,
    }),
  );
  for (const one of replicas) one.start();
  t.after(() => Promise.all(replicas.map((one) => one.stop())));
  const agreeOn = (expected: readonly string[]) =>
    waitFor("both replicas", () => [1, 2].every((replica) => seen.get(replica)?.join() === expected.join()));
  const patch = (change: object) =>
    kubectl(api, "patch", "secret", name, "-n", own.namespace, "--type=merge", "-p", JSON.stringify(change));
  const [first = ""] = await waitFor("the first key", () => seen.get(1));
  await agreeOn([first]);

  const next = "b".repeat(64);
  await patch({ stringData: { next } });
  await agreeOn([first, next]);
  everywhere.add(fingerprint(next));
  await agreeOn([next, first]);
  const object = await read<{ data: Record<string, string> }>(api, own.namespace, "secret", name);
  deepEqual(Object.keys(object.data).toSorted(), ["key", "previous"]);

  const sudden = "c".repeat(64);
  await patch({ stringData: { key: sudden }, data: { previous: null } });
  await agreeOn([sudden]);
  await waitFor("the log", () => own.log.records.some(({ message }) => message.includes("was replaced")));
  equal(own.log.records.filter(({ message }) => message.includes("makes marks from now on")).length, 1);
});

/** The dialog keys of one replica that does not lead, unless told. */
function dialogKeys(
  own: OwnNamespace,
  options: Pick<DialogKeysOptions, "changed"> & Partial<DialogKeysOptions>,
): DialogKeys {
  return new DialogKeys({
    client: own.connect(),
    installation: INSTALLATION,
    policy: { rotationMs: 0, overlapMs: 0, lifetimeMs: 60_000 },
    isLeader: () => false,
    isEverywhere: () => false,
    log: own.log,
    ...options,
  });
}

test("Events are shown with the object they are about", async (t) => {
  const api = await sharedControlPlane();
  const own = await ownNamespace(t, api);
  await applyObjects(api, own.namespace, [domain("a.example")]);
  const { uid } = (await read<FederatedDomain>(api, own.namespace, "fd", "a.example")).metadata;
  const recorder = new EventRecorder({
    client: own.client,
    instance: "pod-a",
    log: own.log,
    limits: { countMs: 20 },
  });
  const notice = {
    regarding: { apiVersion: API_VERSION, kind: "FederatedDomain", name: "a.example", uid },
    type: "Warning",
    reason: "LocalDomain",
    action: "Translate",
    note: "it is one of ours",
  } as const;
  for (let times = 0; times < 3; times += 1) recorder.record(notice);
  await recorder.stop(10_000);
  const { stdout } = await kubectl(api, "describe", "fd", "a.example", "-n", own.namespace);
  match(stdout, /Warning\s+LocalDomain\s.*\(x3 over .*it is one of ours/);
  deepEqual(own.log.records, []);
});
