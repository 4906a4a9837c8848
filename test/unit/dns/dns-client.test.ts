import { equal } from "node:assert/strict";
import { test } from "node:test";
import { DnsClient } from "../../../src/dns/dns-client.ts";
import { truncated } from "../../support/dns-server.ts";
import { waitFor } from "../../support/wait-for.ts";
import { setup } from "./setup.ts";

for (const over of ["udp", "tcp"] as const) {
  test(`closing ends what waits for an answer over ${over}, and what waits for its turn`, async (t) => {
    const { server } = await setup(t);
    const { host, port } = server;
    server.network = (asked, reply) => (asked.over === over ? [] : [truncated(reply)]);
    const client = new DnsClient({ servers: [{ host, port }], tryMs: 60_000, parallel: 2 });
    const answers = ["a.test", "b.test", "c.test"].map((name) => client.ask({ name, type: "A" }));
    await waitFor("two questions", () => server.asked.filter((asked) => asked.over === over).length === 2);
    client.close();
    for (const answer of await Promise.all(answers)) equal(answer.kind, "failed");
    equal(server.count("c.test"), 0);
  });
}
