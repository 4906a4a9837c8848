import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { once } from "node:events";
import { XMPP_PORTS } from "../../support/prosody.ts";
import { XmppBed } from "../../support/xmpp-bed.ts";

test("DNS does not lead the gateway to loopback or private addresses, unless a setting allows them", async (t) => {
  const bed = await XmppBed.open({ env: { XMPP_ALLOWED_NETWORKS: "" } });
  t.after(() => bed.close());
  let connections = 0;
  const host = bed.nextAddress();
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  server.listen(XMPP_PORTS.s2s, host);
  await once(server, "listening");
  t.after(() => server.close());

  const reasons = new Set<string | undefined>();
  const discovery = bed.discovery({ answered: ({ reason }) => reasons.add(reason) });
  const places: readonly (readonly [name: string, ...addresses: string[]])[] = [
    ["loopback.example", host],
    ["private.example", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1"],
    ["link-local.example", "169.254.169.254"],
    ["nowhere.example", "0.0.0.0", "224.0.0.1", "255.255.255.255"],
  ];
  for (const [name, ...addresses] of places) {
    bed.dns.srv(name, XMPP_PORTS.s2s, name);
    bed.dns.host(name, ...addresses);
  }
  bed.dns.srv("literal.example", XMPP_PORTS.s2s, host);
  bed.dns.srv("localhost.example", XMPP_PORTS.component, "localhost");
  const names = [...places.map(([name]) => name), "literal.example", "localhost.example"];
  assert.deepEqual(
    new Set(await Promise.all(names.map((name) => discovery.ask(name)))),
    new Set(["notXmpp"]),
  );
  assert.deepEqual(reasons, new Set(["address not allowed"]));
  assert.equal(connections, 0);
});

test("of several networks that are allowed each counts, and nothing else", async (t) => {
  const bed = await XmppBed.open({ env: { XMPP_ALLOWED_NETWORKS: "10.0.0.0/8, 127.0.0.0/8" } });
  t.after(() => bed.close());
  await bed.prosody({ domain: "good.example" });
  const reasons: (string | undefined)[] = [];
  const discovery = bed.discovery({ answered: ({ reason }) => reasons.push(reason) });
  assert.equal(await discovery.ask("good.example"), "xmpp");
  bed.dns.serve("beyond.example", "192.168.0.1");
  assert.equal(await discovery.ask("beyond.example"), "notXmpp");
  assert.deepEqual(reasons, [undefined, "address not allowed"]);
});
