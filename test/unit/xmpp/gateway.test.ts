import assert from "node:assert/strict";
import { test } from "node:test";
import xml from "@xmpp/xml";
import { Gateway } from "../../../src/xmpp/gateway.ts";
import type { Headers, SipRequest } from "../../../src/xmpp/sip/types.ts";

function open(): { gateway: Gateway; calls: string[] } {
  const calls: string[] = [];
  const part = (name: string) => ({
    fromSip: (request: SipRequest) => {
      calls.push(`${name} ${request.method}`);
      return Promise.resolve({ status: 200 });
    },
    fromXmpp: (stanza: { readonly name: string }) => {
      calls.push(`${name} ${stanza.name}`);
      return Promise.resolve();
    },
  });
  const gateway = new Gateway({
    messages: part("messages"),
    presence: part("presence"),
    service: part("service"),
  });
  return { gateway, calls };
}

function requestOf(method: string, headers: Headers = []): SipRequest {
  return { method, uri: "sip:a@b", headers, body: Buffer.alloc(0) };
}

test("RFC 3261 §8.2.1: MESSAGE, SUBSCRIBE and NOTIFY find their part, other methods 405 with what is allowed", async () => {
  const { gateway, calls } = open();
  for (const method of ["MESSAGE", "SUBSCRIBE", "NOTIFY"]) {
    assert.deepEqual(await gateway.fromSip(requestOf(method)), { status: 200 });
  }
  assert.deepEqual(calls, ["messages MESSAGE", "presence SUBSCRIBE", "presence NOTIFY"]);
  for (const method of ["INVITE", "OPTIONS", "message", "PUBLISH"]) {
    assert.deepEqual(await gateway.fromSip(requestOf(method)), {
      status: 405,
      headers: [["Allow", "MESSAGE, SUBSCRIBE, NOTIFY"]],
    });
  }
});

test("RFC 3261 §8.2.2.3: an extension that is demanded is not known", async () => {
  const { gateway, calls } = open();
  assert.deepEqual(
    await gateway.fromSip(
      requestOf("MESSAGE", [
        ["Require", "a, b"],
        ["require", "c"],
      ]),
    ),
    {
      status: 420,
      headers: [["Unsupported", "a, b, c"]],
    },
  );
  assert.deepEqual(calls, []);
});

test("stanzas find their part; those from nobody, and unknown ones, none", async () => {
  const { gateway, calls } = open();
  for (const name of ["message", "presence", "iq", "other"]) {
    await gateway.fromXmpp(xml(name, { from: "a@b", to: "c@d" }));
  }
  await gateway.fromXmpp(xml("message", { to: "c@d" }));
  await gateway.fromXmpp(xml("message", { from: "a@b" }));
  assert.deepEqual(calls, ["messages message", "presence presence", "service iq"]);
});
