import assert from "node:assert/strict";
import { test } from "node:test";
import { readExplainQuery } from "../../../src/admin/explain-query.ts";

const read = readExplainQuery;

test("uri alone asks about an INVITE from the inside", () => {
  assert.deepEqual(read("uri=sip:bob@partner.example"), {
    ok: true,
    request: {
      method: "INVITE",
      requestUri: { scheme: "sip", user: "bob", host: "partner.example" },
      from: undefined,
      source: "127.0.0.1",
      insideListener: true,
    },
  });
});

test("a source decides the side by itself, and IPv4-mapped addresses are IPv4", () => {
  const query = read(
    "uri=sip:alice@example.com&from=sips:Bob@Partner.Example:5071&source=::ffff:192.0.2.1&method=MESSAGE",
  );
  assert.deepEqual(query, {
    ok: true,
    request: {
      method: "MESSAGE",
      requestUri: { scheme: "sip", user: "alice", host: "example.com" },
      from: { scheme: "sips", user: "Bob", host: "Partner.Example", port: 5071 },
      source: "192.0.2.1",
    },
  });
});

test("a side may be named in place of a source", () => {
  const sourceOf = (source: string) => {
    const query = read(`uri=sip:alice@example.com&source=${source}`);
    return query.ok && { source: query.request.source, insideListener: query.request.insideListener };
  };
  assert.deepEqual(sourceOf("inside"), { source: "127.0.0.1", insideListener: true });
  assert.deepEqual(sourceOf("outside"), { source: "0.0.0.0", insideListener: undefined });
  const query = read("uri=sip:alice@example.com&source=xmpp");
  assert.equal(query.ok && query.request.overXmpp, true);
});

test("a certificate proves a name, whatever its case", () => {
  const query = read("uri=sip:alice@example.com&source=192.0.2.1&certificate=Partner.Example.");
  assert.deepEqual(query.ok && query.request.certificateNames, ["partner.example"]);
  assert.equal(read("uri=sip:alice@example.com&certificate=a%20b").ok, false);
});

const userOf = (query: string): string | undefined => {
  const result = read(query);
  assert(result.ok);
  return result.request.requestUri.user;
};

test("a + is a +, written so or escaped: telephone numbers begin with it", () => {
  for (const plus of ["+", "%2B", "%2b"]) {
    assert.equal(userOf(`?uri=sip:${plus}49123@p.example`), "+49123");
    assert.equal(userOf(`?uri=tel:${plus}49123`), "+49123");
  }
});

test("escapes of the URI itself are escaped once more", () => {
  assert.equal(userOf("?uri=sip:bob%2540home@p.example"), "bob%40home");
});

const REFUSED: Record<string, [parameter: string, problem: RegExp]> = {
  "": ["uri", /is required, for example uri=sip:/],
  "uri=": ["uri", /is not a URI/],
  "uri=bob": ["uri", /is not a URI/],
  "uri=sip:": ["uri", /is not a URI/],
  "uri=sip:bob@": ["uri", /is not a URI/],
  "uri=sip:bob%40home@p.example": [
    "uri",
    /is not a URI .*; an @ that the user part escapes, %40, is written %2540/,
  ],
  "uri=sip:a@b.example&from=sip:bob@home@p.example": ["from", /%2540/],
  "uri=sip:bob@a.example:99999": ["uri", /is not a URI/],
  "uri=sip:a@b.example&uri=sip:c@d.example": ["uri", /may be given once/],
  "uri=sip:a@b.example&from=nobody": ["from", /is not a URI/],
  "uri=sip:a@b.example&source=example.com": ["source", /is neither inside, outside, xmpp nor an IP address/],
  "uri=sip:a@b.example&source=1": ["source", /is neither inside, outside, xmpp nor an IP address/],
  "uri=sip:a@b.example&source=constructor": ["source", /is neither inside/],
  "uri=sip:a@b.example&method=IN VITE": ["method", /is not a SIP method/],
  "uri=sip:a@b.example&form=sip:c@d.example": [
    "form",
    /unknown parameter; there are uri, from, source, certificate, method/,
  ],
};

for (const [query, [parameter, problem]] of Object.entries(REFUSED)) {
  test(`refused: ?${query}`, () => {
    const result = read(query);
    assert(!result.ok);
    assert.equal(result.parameter, parameter);
    assert.match(result.problem, problem);
  });
}
