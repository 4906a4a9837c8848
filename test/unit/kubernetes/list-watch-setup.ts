import { equal } from "node:assert/strict";
import type { TestContext } from "node:test";
import { ListWatch } from "../../../src/kubernetes/list-watch.ts";
import { type ApiObject, FEDERATED_DOMAINS } from "../../../src/kubernetes/resources.ts";
import type { FakeApiServer, FakeCall } from "../../support/fake-api-server.ts";
import { waitFor } from "../../support/wait-for.ts";
import { fakeApi } from "./setup.ts";

export interface Entry {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** A list+watch that has begun, and what it tells. */
export async function setup(
  t: TestContext,
  {
    silenceMs = 5_000,
    relistAfterFailure = false,
  }: { silenceMs?: number; relistAfterFailure?: boolean } = {},
) {
  const { server, client, log } = await fakeApi(t);
  const seen: string[] = [];
  const failOn = new Set<string>();
  const outcomes: string[] = [];
  const cache = new ListWatch<Entry>({
    client,
    resource: FEDERATED_DOMAINS,
    relistAfterFailure,
    trim: ({ metadata: { name, uid, resourceVersion } }) => ({ name, uid, resourceVersion }),
    handlers: {
      upserted: ({ name, resourceVersion }) => {
        seen.push(`+${name}@${resourceVersion}`);
        if (failOn.has(name)) throw new Error("handler");
      },
      deleted: ({ name }) => {
        seen.push(`-${name}`);
      },
      synced: () => {
        seen.push("synced");
      },
    },
    log,
    metrics: {
      listed: () => undefined,
      watchEnded: (_kind, outcome) => {
        outcomes.push(outcome);
      },
      event: () => undefined,
      handlerFailed: () => {
        outcomes.push("handler");
      },
    },
    timing: { backoffMs: [10, 40], silenceMs },
  });
  t.after(() => cache.stop());
  cache.start();
  return { server, cache, seen, log, failOn, outcomes };
}

export const object = (name: string, resourceVersion: number, uid = name): ApiObject => ({
  metadata: {
    name,
    namespace: "ns",
    uid,
    resourceVersion: String(resourceVersion),
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
});

export const bookmark = (resourceVersion: number, annotations?: Record<string, string>) => ({
  metadata: { resourceVersion: String(resourceVersion), annotations },
});

export async function untilVersion(cache: ListWatch<Entry>, version: number): Promise<void> {
  await waitFor(`resourceVersion ${version}`, () => cache.resourceVersion === String(version), {
    interval: 1,
  });
}

/** Answers a streaming list in full, waits until it has arrived, and leaves the watch open. */
export async function answerList(
  { server, cache }: { server: FakeApiServer; cache: ListWatch<Entry> },
  objects: readonly ApiObject[],
  version: number,
): Promise<FakeCall> {
  const call = await server.call();
  equal(call.query.sendInitialEvents, "true");
  equal(call.query.resourceVersion, undefined);
  for (const one of objects) call.send("ADDED", one);
  call.send("BOOKMARK", bookmark(version, { "k8s.io/initial-events-end": "true" }));
  await untilVersion(cache, version);
  return call;
}
