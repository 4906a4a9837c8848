import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, test, type TestContext } from "node:test";
import { Authority } from "../../support/authority.ts";
import { XMPP_PORTS } from "../../support/prosody.ts";
import { waitFor } from "../../support/wait-for.ts";
import { LOCAL_DOMAIN, XmppBed } from "../../support/xmpp-bed.ts";
import { XmppClient } from "../../support/xmpp-client.ts";

const accounts = { bob: "bobs secret" };
const alice = `alice@${LOCAL_DOMAIN}`;

describe("what reaches the gateway from outside", () => {
  let bed: XmppBed;

  before(async () => {
    bed = await XmppBed.open({ env: { XMPP_MAX_PER_SOURCE: "8" } });
  });
  after(() => bed.close());

  async function write(t: TestContext, server: Parameters<typeof XmppClient.login>[0]["server"]) {
    const bob = await XmppClient.login({ server, user: "bob" });
    t.after(() => bob.close());
    const id = await bob.message(alice, "hello");
    return { bob, id };
  }

  test("a domain whose certificate is not valid does not get through", async (t) => {
    const stranger = new Authority();
    const server = await bed.prosody({ domain: "stranger.example", authority: stranger, accounts });
    const { bob, id } = await write(t, server);
    const bounce = await bob.next("the bounce", ({ attrs }) => attrs.id === id && attrs.type === "error");
    assert.equal(bounce.attrs.from, alice);
    assert.deepEqual(bed.received, []);
  });

  test("a domain whose certificate is valid does", async (t) => {
    const server = await bed.prosody({ domain: "good.example", accounts });
    const { bob, id } = await write(t, server);
    const message = await waitFor("the message", () => bed.received.find(({ attrs }) => attrs.id === id));
    assert.equal(message.attrs.from, bob.jid);
  });

  test("one address cannot have more connections than its share", async (t) => {
    const sockets: Socket[] = [];
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
    const closed = new Set<Socket>();
    for (let n = 0; n < 12; n += 1) {
      const socket = connect(XMPP_PORTS.s2s, bed.gateway.host);
      sockets.push(socket);
      socket.resume().on("close", () => closed.add(socket));
      await once(socket, "connect");
    }
    await waitFor("those beyond to be closed", () => closed.size >= 4);
    assert.ok(closed.size < sockets.length);
    assert.equal(await bed.discovery().ask("nobody.example"), "notXmpp");
    for (const socket of sockets) socket.destroy();
    await waitFor("the next one to be taken", async () => {
      const socket = connect(XMPP_PORTS.s2s, bed.gateway.host);
      socket.write("<");
      const outcome = await Promise.race([
        once(socket, "close").then(() => "closed"),
        new Promise((resolve) => setTimeout(resolve, 100, "open")),
      ]);
      socket.destroy();
      return outcome === "open";
    });
  });
});
