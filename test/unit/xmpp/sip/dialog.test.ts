import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  afterRequest,
  dialogOfPeer,
  isOfDialog,
  nextSeq,
  requestInDialog,
  seqDelay,
  type Dialog,
} from "../../../../src/xmpp/sip/dialog.ts";
import { headersNamed } from "../../../../src/xmpp/sip/headers.ts";
import type { Headers } from "../../../../src/xmpp/sip/types.ts";
import { subscribe, valueOf } from "../../../support/presence-bed.ts";

const NOW = 1_767_225_600_000;

function opened(headers: Headers = []): Dialog {
  const dialog = dialogOfPeer(subscribe({ headers }), "ours");
  assert.ok(dialog);
  return dialog;
}

test("RFC 3261 §12.1.1: a dialog is what its first request says, compact forms and lists included", () => {
  const dialog = opened([
    ["Record-Route", '<sip:a.example;lr>, "b, c" <sip:[2001:db8::1];lr>'],
    ["Record-Route", "<sip:d.example;lr>"],
    ["Contact", '"R, M" <sip:romeo@192.0.2.7;x=1>;expires=5'],
  ]);
  assert.deepEqual(dialog.routes, [
    "<sip:a.example;lr>",
    '"b, c" <sip:[2001:db8::1];lr>',
    "<sip:d.example;lr>",
  ]);
  assert.equal(dialog.target, "sip:romeo@192.0.2.7;x=1");
  assert.deepEqual([dialog.localTag, dialog.remoteTag, dialog.remoteSeq], ["ours", "ua", 1]);
});

test("RFC 3261 §12.1.1: without what it takes there is no dialog", () => {
  for (const headers of [
    [["Contact", ""]],
    [["Contact", "*"]],
    [["Contact", "<mailto:a@b.example>"]],
    [
      ["Contact", "<sip:a@b.example>"],
      ["Contact", "<sip:c@d.example>"],
    ],
    [["CSeq", ""]],
    [["CSeq", "2147483648 SUBSCRIBE"]],
    [["Call-ID", ""]],
    [["From", ""]],
  ] as const) {
    assert.equal(dialogOfPeer(subscribe({ headers }), "ours"), undefined, JSON.stringify(headers));
  }
});

test("RFC 3261 §12.2.1.1: requests follow the route set; a strict router is the Request-URI", () => {
  const loose = requestInDialog(opened(), { method: "NOTIFY", seq: 7, headers: [["Event", "presence"]] });
  assert.equal(loose.uri, "sip:romeo@192.0.2.7:5070");
  assert.equal(valueOf(loose, "CSeq"), "7 NOTIFY");
  const routes = [
    ["Record-Route", "<sip:strict.example>"],
    ["Record-Route", "<sip:loose.example;lr>"],
  ] as const;
  const strict = requestInDialog(opened(routes), { method: "NOTIFY", seq: 7, headers: [] });
  assert.equal(strict.uri, "sip:strict.example");
  assert.deepEqual(
    headersNamed(strict.headers, "Route").map(([, value]) => value),
    ["<sip:loose.example;lr>", "<sip:romeo@192.0.2.7:5070>"],
  );
});

test("RFC 3261 §12.2.2: requests inside a dialog are told by Call-ID and both tags, old ones by CSeq", () => {
  const dialog = opened();
  const inside = subscribe({ cseq: 2, toTag: "ours" });
  assert.ok(isOfDialog(dialog, inside));
  assert.ok(!isOfDialog(dialog, subscribe({ cseq: 2, toTag: "other" })));
  assert.ok(!isOfDialog(dialog, subscribe({ cseq: 2, toTag: "ours", fromTag: "other" })));
  const later = afterRequest(dialog, inside);
  assert.equal(later?.remoteSeq, 2);
  assert.ok(later);
  assert.equal(afterRequest(later, subscribe({ cseq: 1, toTag: "ours" })), undefined);
});

test("RFC 3261 §12.2.1.1: our CSeq rises, by the clock, also over a restart that remembers nothing", () => {
  const spans = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(spans, (pauses) => {
      let now = NOW;
      let last = 0;
      for (const pause of pauses) {
        now += pause;
        now += seqDelay(last, now);
        const next = nextSeq(last, now);
        assert.ok(next > last && next < 2 ** 31);
        last = next;
      }
      assert.ok(nextSeq(0, now + 1_250) > last);
    }),
  );
  assert.ok(nextSeq(0, Date.UTC(2041, 0)) < 2 ** 31);
  assert.equal(nextSeq(9_000_000_00, 0), 9_000_000_01);
  assert.ok(seqDelay(9_000_000_00, 0) <= 1_000);
});
