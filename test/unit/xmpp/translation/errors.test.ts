import assert from "node:assert/strict";
import { test } from "node:test";
import xml from "@xmpp/xml";
import {
  conditionOf,
  conditionOfStatus,
  errorFor,
  statusOfError,
  type Condition,
} from "../../../../src/xmpp/translation/errors.ts";

const STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";

function refused(...children: ReturnType<typeof xml>[]) {
  return xml(
    "message",
    { type: "error", from: "a@b", to: "c@d" },
    xml("body", {}, "hi"),
    xml("error", {}, ...children),
  );
}

test("RFC 7247 §6.1: an XMPP error is a SIP status", () => {
  const table: Readonly<Record<Condition, number>> = {
    "bad-request": 400,
    conflict: 400,
    "jid-malformed": 400,
    "feature-not-implemented": 501,
    forbidden: 403,
    "item-not-found": 404,
    "not-acceptable": 406,
    "recipient-unavailable": 480,
    gone: 410,
    "internal-server-error": 500,
    "resource-constraint": 500,
    "not-allowed": 403,
    "policy-violation": 403,
    "not-authorized": 401,
    "registration-required": 407,
    "remote-server-not-found": 404,
    "remote-server-timeout": 504,
    "service-unavailable": 403,
    redirect: 302,
    "subscription-required": 400,
    "undefined-condition": 400,
    "unexpected-request": 400,
  };
  for (const [condition, status] of Object.entries(table)) {
    const stanza = refused(xml("text", { xmlns: STANZAS }, "no"), xml(condition, { xmlns: STANZAS }));
    assert.equal(statusOfError(stanza), status, condition);
    assert.equal(conditionOf(stanza), condition);
  }
});

test("RFC 6120 §8.3.2: a condition that nobody knows, or none at all, is an undefined one", () => {
  assert.equal(statusOfError(refused(xml("toString", { xmlns: STANZAS }))), 400);
  assert.equal(statusOfError(refused(xml("forbidden", { xmlns: "urn:other" }))), 400);
  assert.equal(statusOfError(refused()), 400);
  assert.equal(statusOfError(xml("message", { type: "error" })), 400);
});

test("RFC 7247 §6.2: a SIP status is an XMPP error", () => {
  const table: readonly (readonly [Condition, ...number[]])[] = [
    ["forbidden", 403],
    ["item-not-found", 404, 481, 484, 485, 604],
    ["remote-server-timeout", 408, 504],
    ["policy-violation", 413, 414, 489, 513],
    ["recipient-unavailable", 480, 486, 487, 600, 603, 606, 699],
    ["remote-server-not-found", 502],
    ["internal-server-error", 500, 501, 503, 505, 599],
    ["redirect", 300, 301, 302, 380],
    ["bad-request", 400, 401, 405, 415, 420, 499],
  ];
  for (const [condition, ...statuses] of table) {
    for (const status of statuses) assert.equal(conditionOfStatus(status), condition, `${status}`);
  }
});

test("RFC 6120 §8.3.1: an error goes back to whom it concerns, with the id and the type of its condition", () => {
  const stanza = xml("message", { from: "a@b/c", to: "d@e", id: "7", type: "chat" }, xml("body", {}, "hi"));
  assert.equal(
    errorFor(stanza, "item-not-found", "404 Нет\u0001")?.toString(),
    '<message type="error" from="d@e" to="a@b/c" id="7"><error type="cancel"><item-not-found xmlns="' +
      STANZAS +
      '"/><text xmlns="' +
      STANZAS +
      '" xml:lang="en">404 Нет\ufffd</text></error></message>',
  );
  const types: readonly (readonly [Condition, string])[] = [
    ["forbidden", "auth"],
    ["bad-request", "modify"],
    ["recipient-unavailable", "wait"],
    ["remote-server-timeout", "wait"],
    ["resource-constraint", "wait"],
    ["service-unavailable", "cancel"],
    ["policy-violation", "modify"],
  ];
  for (const [condition, type] of types) {
    assert.equal(errorFor(stanza, condition)?.getChild("error")?.attrs.type, type, condition);
  }
  assert.equal(errorFor(xml("message", { from: "a@b", to: "c@d" }), "forbidden")?.attrs.id, undefined);
});

test("RFC 6120 §8.3.1: errors, answers and what is from nobody are not answered", () => {
  assert.equal(errorFor(xml("message", { from: "a@b", to: "c@d", type: "error" }), "forbidden"), undefined);
  assert.equal(errorFor(xml("iq", { from: "a@b", to: "c@d", type: "result" }), "forbidden"), undefined);
  assert.equal(errorFor(xml("message", { to: "c@d" }), "forbidden"), undefined);
});
