import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { KubeConfig } from "@kubernetes/client-node";
import { ApiError, isConflict, isExpired, isUnavailable } from "../../../src/kubernetes/api-error.ts";
import { type ClientOptions, KubernetesClient } from "../../../src/kubernetes/client.ts";
import { CredentialSource } from "../../../src/kubernetes/credentials.ts";
import { loadKubeConfig, ownNamespace } from "../../../src/kubernetes/kubeconfig.ts";
import { EVENTS, FEDERATED_DOMAINS, LEASES, SECRETS } from "../../../src/kubernetes/resources.ts";
import { FakeApiServer } from "../../support/fake-api-server.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

async function setup(t: TestContext, options: Partial<ClientOptions> = {}) {
  const server = await FakeApiServer.start();
  const client = new KubernetesClient({ kubeConfig: server.kubeConfig(), namespace: "ns", ...options });
  t.after(async () => {
    await client.close();
    await server.stop();
  });
  return { server, client };
}

test("calls one after another share a connection", async (t) => {
  const { server, client } = await setup(t);
  const ports = new Set<number | undefined>();
  for (let calls = 0; calls < 20; calls += 1) {
    const answer = client.get(LEASES, "a");
    const call = await server.call();
    ports.add(call.port);
    call.respond(200, {});
    await answer;
  }
  // A second one opens where a call is sent before the socket of the last one is free again.
  ok(ports.size <= 2, `${ports.size} connections`);
});

test("paths, queries, credentials and media types are Kubernetes's", async (t) => {
  const { server, client } = await setup(t);
  const calls: [() => Promise<unknown>, string, string, string | undefined][] = [
    [() => client.get(SECRETS, "s"), "GET", "/api/v1/namespaces/ns/secrets/s", undefined],
    [
      () => client.create(EVENTS, {}),
      "POST",
      "/apis/events.k8s.io/v1/namespaces/ns/events",
      "application/json",
    ],
    [
      () => client.replace(LEASES, "l", {}),
      "PUT",
      "/apis/coordination.k8s.io/v1/namespaces/ns/leases/l",
      "application/json",
    ],
    [
      () => client.mergePatch(FEDERATED_DOMAINS, "d.example", {}, { subresource: "status" }),
      "PATCH",
      "/apis/sipfederation.io/v1alpha1/namespaces/ns/federateddomains/d.example/status",
      "application/merge-patch+json",
    ],
    [
      () =>
        client.apply(
          FEDERATED_DOMAINS,
          "d.example",
          { apiVersion: "v", kind: "K" },
          { fieldManager: "me", force: false },
        ),
      "PATCH",
      "/apis/sipfederation.io/v1alpha1/namespaces/ns/federateddomains/d.example",
      "application/apply-patch+yaml",
    ],
  ];
  for (const [send, method, path, contentType] of calls) {
    const answer = send();
    const call = await server.call();
    deepEqual([call.method, call.path, call.headers["content-type"]], [method, path, contentType]);
    equal(call.headers.authorization, "Bearer secret");
    equal(call.headers.accept, "application/json");
    equal(call.headers["user-agent"], "sip-federation");
    if (contentType === "application/apply-patch+yaml") {
      deepEqual(call.query, { fieldManager: "me", force: "false" });
    }
    call.respond(200, {});
    await answer;
  }
});

test("a call that is not answered in time is given up", async (t) => {
  const seen: unknown[] = [];
  const observe = (...args: unknown[]): void => {
    seen.push(args.slice(0, 2));
  };
  const { server, client } = await setup(t, { deadlineMs: 500, observe });
  const answer = client.get(LEASES, "a");
  const call = await server.call();
  await rejects(answer, /no answer from the API server within 500 ms/);
  await call.closed();
  deepEqual(seen, [["GET", undefined]]);
});

test("an answer that begins and does not end is given up too", async (t) => {
  const { server, client } = await setup(t, { deadlineMs: 500 });
  const answer = client.get(LEASES, "a");
  (await server.call()).sendRaw('{"kind":');
  await rejects(answer, /within 500 ms/);
});

test("a call may have a deadline of its own", async (t) => {
  const { client } = await setup(t);
  await rejects(client.get(LEASES, "a", { deadlineMs: 50 }), /within 50 ms/);
});

test("a refusal tells status, reason and how long to stay away", async (t) => {
  const { server, client } = await setup(t);
  const answer = client.get(LEASES, "a");
  (await server.call()).refuse(429, "TooManyRequests", { "retry-after": "3" });
  await rejects(answer, (error: unknown) => {
    ok(error instanceof ApiError);
    deepEqual([error.status, error.reason, error.retryAfterMs], [429, "TooManyRequests", 3_000]);
    return true;
  });
});

test("a refusal in words of a proxy is a refusal", async (t) => {
  const { server, client } = await setup(t);
  const answer = client.get(LEASES, "a");
  const call = await server.call();
  call.respond(502, "<html>Bad Gateway</html>");
  await rejects(answer, (error: unknown) => error instanceof ApiError && error.status === 502);
});

test("closing aborts what is under way", async (t) => {
  const { server, client } = await setup(t);
  const answer = client.get(LEASES, "a");
  const failing = rejects(answer);
  await server.call();
  await client.close();
  await failing;
  await rejects(client.get(LEASES, "a"), /closed/);
});

test("refusals are told apart", () => {
  const conflict = new ApiError(409, { reason: "Conflict" });
  const exists = new ApiError(409, { reason: "AlreadyExists" });
  deepEqual([isConflict(conflict), isConflict(exists)], [true, false]);
  deepEqual([isExpired(new ApiError(410, {})), isExpired(new ApiError(504, {}))], [true, false]);
  const unavailable = [
    new Error("ECONNREFUSED"),
    ...[401, 408, 429, 500, 503, 504].map((code) => new ApiError(code, {})),
  ];
  ok(unavailable.every(isUnavailable));
  ok(![400, 403, 404, 409, 410, 422].some((code) => isUnavailable(new ApiError(code, {}))));
});

test("credentials are read again every ten seconds, and stay the same object as long as nothing changed", async () => {
  let now = 0;
  let reads = 0;
  let certificate = "one";
  const kubeConfig = {
    applyToHTTPSOptions: (options: { headers?: object; ca?: string }) => {
      reads += 1;
      options.headers = { Authorization: `Bearer ${reads}\n` };
      options.ca = certificate;
      return Promise.resolve();
    },
  } as unknown as KubeConfig;
  const source = new CredentialSource(kubeConfig, () => now);
  const first = await source.current();
  equal(await source.current(), first);
  now += 10_000;
  const second = await source.current();
  deepEqual(second.headers, { authorization: "Bearer 2" });
  equal(second.tls, first.tls, "no new connections for a new token");
  certificate = "two";
  now += 10_000;
  const third = await source.current();
  deepEqual(third.tls, { ca: "two" });
});

test("credentials that cannot be read are tried again with the next call", async () => {
  let broken = true;
  const kubeConfig = {
    applyToHTTPSOptions: () => (broken ? Promise.reject(new Error("no token")) : Promise.resolve()),
  } as unknown as KubeConfig;
  const source = new CredentialSource(kubeConfig);
  await rejects(source.current(), /no token/);
  broken = false;
  deepEqual(await source.current(), { headers: {}, tls: {} });
});

test("a kubeconfig file names server and namespace; without one this must be a pod", (t) => {
  const file = join(temporaryDirectory("kubeconfig"), "config");
  const document = {
    clusters: [{ name: "c", cluster: { server: "https://192.0.2.1:6443" } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "edge" } }],
  };
  writeFileSync(file, JSON.stringify({ ...document, "current-context": "x" }));
  const kubeConfig = loadKubeConfig(file);
  equal(kubeConfig.getCurrentCluster()?.server, "https://192.0.2.1:6443");
  equal(ownNamespace(kubeConfig), "edge");
  writeFileSync(file, JSON.stringify({ ...document, "current-context": "other" }));
  t.assert.throws(() => loadKubeConfig(file), /no current context/);
  const { KUBERNETES_SERVICE_HOST: host } = process.env;
  delete process.env.KUBERNETES_SERVICE_HOST;
  t.after(() => {
    if (host !== undefined) process.env.KUBERNETES_SERVICE_HOST = host;
  });
  t.assert.throws(() => loadKubeConfig(), /not a pod/);
});
