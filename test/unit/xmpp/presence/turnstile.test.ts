import assert from "node:assert/strict";
import { test } from "node:test";
import xml from "@xmpp/xml";
import { Turnstile } from "../../../../src/xmpp/presence/turnstile.ts";

const SUBSCRIBE = { method: "SUBSCRIBE", uri: "sip:juliet@example.net", headers: [], body: Buffer.alloc(0) };

test("until the state is read SIP is told to come again, and stanzas wait in order", async () => {
  const seen: string[] = [];
  const turnstile = new Turnstile({
    fromSip: ({ method }) => {
      seen.push(method);
      return Promise.resolve({ status: 200 });
    },
    fromXmpp: ({ attrs }) => {
      seen.push(String(attrs.id));
      return Promise.resolve();
    },
  });
  const stanza = (id: string) => turnstile.fromXmpp(xml("presence", { id }));
  const { status, headers } = await turnstile.fromSip(SUBSCRIBE);
  assert.deepEqual([status, headers], [480, [["Retry-After", "5"]]]);
  for (let n = 0; n < 1_100; n += 1) await stanza(`${n}`);
  assert.deepEqual(seen, []);
  await turnstile.open();
  assert.deepEqual(
    seen,
    Array.from({ length: 1_000 }, (_, n) => `${n}`),
    "bounded",
  );
  await stanza("later");
  assert.equal((await turnstile.fromSip(SUBSCRIBE)).status, 200);
  assert.deepEqual(seen.slice(-2), ["later", "SUBSCRIBE"]);
});
