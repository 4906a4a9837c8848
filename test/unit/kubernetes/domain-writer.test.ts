import { deepEqual, equal } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DomainWriter } from "../../../src/kubernetes/domain-writer.ts";
import { waitFor } from "../../support/wait-for.ts";
import { fakeApi } from "./setup.ts";

async function setup(t: TestContext) {
  const { server, client, log } = await fakeApi(t);
  const unwanted = new Set<string>();
  const caches = { current: true };
  const results: string[] = [];
  const refused: string[] = [];
  const writer = new DomainWriter({
    client,
    protocolOf: (domain) => Promise.resolve(domain.startsWith("xmpp") ? "XMPP" : "SIP"),
    stillWanted: (domain) => !unwanted.has(domain),
    isCurrent: () => caches.current,
    refused: (domain) => refused.push(domain),
    log,
    metrics: {
      written: (result) => results.push(result),
      added: () => undefined,
      retried: () => undefined,
      processed: () => undefined,
    },
  });
  t.after(() => writer.stop(0));
  return { server, writer, unwanted, caches, results, refused, log };
}

test("a learned domain is posted with limited trust and its origin, and nothing else", async (t) => {
  const { server, writer, results } = await setup(t);
  writer.write("partner.example");
  const call = await server.call();
  deepEqual(
    [call.method, call.path],
    ["POST", "/apis/sipfederation.io/v1alpha1/namespaces/ns/federateddomains"],
  );
  deepEqual(call.body, {
    apiVersion: "sipfederation.io/v1alpha1",
    kind: "FederatedDomain",
    metadata: { name: "partner.example", labels: { "sipfederation.io/origin": "discovered" } },
    spec: { trust: "Limited" },
  });
  call.respond(201, {});
  await waitFor("the result", () => results.length === 1);
  equal(await writer.stop(1_000), 0);
  deepEqual(results, ["created"]);
});

test("how it is reached is written where that is not SIP", async (t) => {
  const { server, writer } = await setup(t);
  writer.write("xmpp.example");
  const call = await server.call();
  deepEqual((call.body as { spec: object }).spec, { trust: "Limited", protocol: "XMPP" });
  call.respond(201, {});
});

test("that somebody else wrote it is as good", async (t) => {
  const { server, writer, results } = await setup(t);
  writer.write("partner.example");
  (await server.call()).refuse(409, "AlreadyExists");
  await waitFor("the result", () => results.length === 1);
  equal(await writer.stop(1_000), 0);
  deepEqual(results, ["exists"]);
});

test("through an outage every domain is kept, and asked about again before it is written", async (t) => {
  const { server, writer, unwanted, results } = await setup(t);
  writer.write("a.example");
  (await server.call()).refuse(503, "ServiceUnavailable");
  writer.write("b.example");
  unwanted.add("a.example");
  const next = await server.call();
  equal((next.body as { metadata: { name: string } }).metadata.name, "b.example");
  next.respond(201, {});
  await waitFor("the result", () => results.length === 2);
  equal(await writer.stop(1_000), 0);
  deepEqual(results, ["failed", "created"]);
});

test("a domain that the schema refuses is not tried again, and whoever learned it is told", async (t) => {
  const { server, writer, results, refused, log } = await setup(t);
  writer.write("bad_name.example");
  (await server.call()).refuse(422, "Invalid");
  await waitFor("the result", () => results.length === 1);
  equal(writer.depth, 0);
  equal(server.unanswered, 0);
  deepEqual(refused, ["bad_name.example"]);
  deepEqual(
    log.records.map(({ level }) => level),
    ["warn"],
  );
});

test("a quota that is full holds up one domain, not the others", async (t) => {
  const { server, writer, results } = await setup(t);
  writer.write("a.example");
  (await server.call()).refuse(403, "Forbidden");
  writer.write("b.example");
  (await server.call()).respond(201, {});
  await waitFor("the result", () => results.length === 2);
  equal(writer.depth, 1, "it waits for its next try");
});

test("at the end it writes what it can, until the deadline", async (t) => {
  const { server, writer, log } = await setup(t);
  for (const domain of ["a.example", "b.example"]) writer.write(domain);
  const stopping = writer.stop(2_000);
  (await server.call()).respond(201, {});
  // Not before the deadline is over.
  (await server.call()).refuse(503, "ServiceUnavailable", { "retry-after": "60" });
  equal(await stopping, 1);
  equal(log.records.at(-1)?.level, "error");
});

test("while the caches are behind nothing is decided: it waits for them", async (t) => {
  const { server, writer, unwanted, caches } = await setup(t);
  caches.current = false;
  for (const domain of ["a.example", "b.example"]) writer.write(domain);
  equal(await writer.drain(250), 2);
  unwanted.add("a.example");
  caches.current = true;
  const call = await server.call();
  equal((call.body as { metadata: { name: string } }).metadata.name, "b.example");
  call.respond(201, {});
});
