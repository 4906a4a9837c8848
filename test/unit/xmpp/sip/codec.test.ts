import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MessageReader, write, type Reading, type SipMessage } from "../../../../src/xmpp/sip/codec.ts";

function read(text: string): Reading {
  return new MessageReader().push(Buffer.from(text));
}

function only({ messages, garbage }: Reading): SipMessage {
  assert.equal(garbage, undefined);
  const [message] = messages;
  assert.ok(message !== undefined && messages.length === 1);
  return message;
}

test("RFC 3261 §7.3.1: lines that are folded are one; names and values lose the white space around them", () => {
  const message = only(
    read("OPTIONS sip:a@b SIP/2.0\r\nSubject :  one\r\n\t two \r\nl: 2\r\nnonsense\r\n\r\nhi"),
  );
  assert.deepEqual(message, {
    method: "OPTIONS",
    uri: "sip:a@b",
    headers: [
      ["Subject", "one two"],
      ["l", "2"],
    ],
    body: Buffer.from("hi"),
  });
});

test("RFC 3261 §7.2: responses, with any reason and with none", () => {
  assert.deepEqual(only(read("SIP/2.0 200 Все хорошо\r\n\r\n")), {
    status: 200,
    reason: "Все хорошо",
    headers: [],
    body: Buffer.alloc(0),
  });
  assert.equal((only(read("sip/2.0 404\n\n")) as { status: number }).status, 404);
});

test("RFC 3261 §7.5: line ends before a message are passed over", () => {
  assert.equal(
    read("\r\n\r\nMESSAGE sip:a@b SIP/2.0\r\n\r\n\r\n\r\nSIP/2.0 200 OK\r\n\r\n\r\n").messages.length,
    2,
  );
});

test("RFC 3261 §18.3: what cannot be framed is garbage, and what came before it is not", () => {
  const good = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";
  const bad = [
    "GET / HTTP/1.1\r\n\r\n",
    "MESSAGE sip:a@b SIP/3.0\r\n\r\n",
    "MESSAGE sip:a b SIP/2.0\r\n\r\n",
    "SIP/2.0 700 No\r\n\r\n",
    "SIP/2.0 200 OK\r\nContent-Length: -1\r\n\r\n",
    "SIP/2.0 200 OK\r\nContent-Length: 1x\r\n\r\n",
    "SIP/2.0 200 OK\r\nContent-Length: 1\r\nl: 2\r\n\r\n",
    "SIP/2.0 200 OK\r\nContent-Length: 999999999\r\n\r\n",
    "SIP/2.0 200 OK\r\nContent-Length: 0, 0\r\n\r\n",
    `SIP/2.0 200 OK\r\nX: ${"x".repeat(70_000)}`,
  ];
  for (const text of bad) {
    const { messages, garbage } = read(good + text);
    assert.equal(messages.length, 1, text.slice(0, 60));
    assert.ok(garbage !== undefined, text.slice(0, 60));
  }
  assert.equal(read(good.replace("\r\n\r\n", "\r\nl: 0\r\n\r\n")).messages.length, 1);
});

test("no value can add a header or a message", () => {
  const bytes = write({
    method: "MESSAGE",
    uri: "sip:a@b\r\nX: 1",
    headers: [
      ["Subject", "a\r\nFrom: b\r\n\r\nSIP/2.0 200 OK"],
      ["Content-Length", "77"],
    ],
    body: Buffer.from("ü"),
  });
  assert.equal(
    bytes.toString(),
    "MESSAGE sip:a@b X: 1 SIP/2.0\r\nSubject: a From: b SIP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nü",
  );
});

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9.!%*_+`'~-]{0,9}$/);
const line = fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\p{Cc}\s]+/gu, " ").trim());
const parts = {
  headers: fc.array(
    fc.tuple(token, line).filter(([name]) => !/^(?:l|content-length)$/i.test(name)),
    { maxLength: 5 },
  ),
  body: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
};
const sipMessage: fc.Arbitrary<SipMessage> = fc.oneof(
  fc.record(
    { method: token, uri: fc.stringMatching(/^sip:[!-~]{1,20}$/), ...parts },
    { noNullPrototype: true },
  ),
  fc.record(
    { status: fc.integer({ min: 100, max: 699 }), reason: line, ...parts },
    { noNullPrototype: true },
  ),
);

test("what is written reads the same, however the byte stream is split", () => {
  fc.assert(
    fc.property(fc.array(sipMessage, { maxLength: 4 }), fc.array(fc.nat(40)), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(write));
      const reader = new MessageReader();
      const readings: Reading[] = [];
      let at = 0;
      for (const length of cuts) readings.push(reader.push(bytes.subarray(at, (at += length))));
      readings.push(reader.push(bytes.subarray(at)));
      assert.deepEqual(
        readings.map(({ garbage }) => garbage).filter((garbage) => garbage !== undefined),
        [],
      );
      const read = readings.flatMap((reading) => reading.messages);
      assert.deepEqual(
        read.map((message) => ({
          ...message,
          headers: message.headers.filter(([name]) => name !== "Content-Length"),
        })),
        messages,
      );
    }),
  );
});

test("no bytes make the reader throw", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.constantFrom("\r\n", "\n", " ", ":", "SIP/2.0 200", "l:5", "A sip:b SIP/2.0", "x"))
      .map((text) => Buffer.from(text.join(""))),
  );
  fc.assert(
    fc.property(bytes, (chunk) => {
      new MessageReader().push(Buffer.from(chunk));
    }),
  );
});
