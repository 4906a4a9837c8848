import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canonicalAddress,
  isOneMachine,
  networkHolding,
  parseNetwork,
} from "../../../src/federation/address.ts";

test("an address has one spelling", () => {
  assert.equal(canonicalAddress("192.0.2.1"), "192.0.2.1");
  assert.equal(canonicalAddress("2001:DB8:0:0::1"), "2001:db8::1");
  assert.equal(canonicalAddress("::ffff:192.0.2.1"), "192.0.2.1");
});

test("short, octal and scoped forms are no addresses", () => {
  for (const text of ["192.0.2", "0x7f.1", "1", "fe80::1%eth0", "[::1]", "", "a.test"]) {
    assert.equal(canonicalAddress(text), undefined, text);
  }
});

test("a network holds its addresses, IPv4-mapped ones too", () => {
  const networks = ["192.0.2.0/24", "2001:db8::/32"];
  assert.equal(networkHolding("192.0.2.200", networks), "192.0.2.0/24");
  assert.equal(networkHolding("::ffff:192.0.2.200", networks), "192.0.2.0/24");
  assert.equal(networkHolding("2001:db8:1::1", networks), "2001:db8::/32");
  assert.equal(networkHolding("192.0.3.1", networks), undefined);
  assert.equal(networkHolding("2001:db9::1", networks), undefined);
});

test("a network written as IPv4-mapped IPv6 holds IPv4 addresses", () => {
  assert.equal(networkHolding("192.0.2.9", ["::ffff:192.0.2.0/120"]), "::ffff:192.0.2.0/120");
});

test("what is no network holds nothing, and what is no address is in none", () => {
  assert.equal(networkHolding("192.0.2.1", ["192.0.2.1", "192.0.2.0/33", "net", "192.0.2.0/"]), undefined);
  assert.equal(networkHolding("somewhere", ["0.0.0.0/0"]), undefined);
  assert.equal(parseNetwork("::ffff:0:0/95"), undefined);
});

test("unspecified, broadcast and multicast addresses are not those of one machine", () => {
  for (const text of ["0.0.0.0", "::", "255.255.255.255", "224.0.0.5", "ff02::1"]) {
    assert.equal(isOneMachine(text), false, text);
  }
  for (const text of ["127.0.0.1", "10.1.2.3", "2001:db8::1"]) assert.equal(isOneMachine(text), true, text);
});
