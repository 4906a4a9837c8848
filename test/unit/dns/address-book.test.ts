import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { AddressBook } from "../../../src/dns/address-book.ts";
import type { HopName, Target } from "../../../src/dns/types.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { waitFor } from "../../support/wait-for.ts";

const silent = pino({ level: "silent" });
const hop = (host: string): HopName => ({ host, port: 5060, transport: "TCP" });
const target = (address: string): Target => ({ address, port: 5060, priority: 0, weight: 1 });
const path = (): string => join(temporaryDirectory("address-book"), "next-hops.json");

test("what was entered is there for the next operator, and what is followed no more is not", async () => {
  const file = path();
  const book = new AddressBook(file, silent);
  assert.equal(book.targets(hop("a.test")), undefined);
  book.enter(hop("a.test"), [target("192.0.2.1"), target("2001:db8::1")]);
  book.enter(hop("b.test"), [target("192.0.2.2")]);
  book.enter(hop("c.test"), []);
  book.keep([hop("a.test"), hop("c.test")]);
  await book.flush();
  const next = new AddressBook(file, silent);
  assert.deepEqual(next.targets(hop("a.test")), [target("192.0.2.1"), target("2001:db8::1")]);
  assert.equal(next.targets(hop("b.test")), undefined);
  assert.deepEqual(next.targets(hop("c.test")), []);
  assert.equal(next.targets({ ...hop("a.test"), port: 0 }), undefined);
});

test("it is written by itself, the last state last", async () => {
  const file = path();
  const book = new AddressBook(file, silent);
  book.enter(hop("a.test"), [target("192.0.2.1")]);
  book.enter(hop("a.test"), [target("192.0.2.9")]);
  await waitFor("the file", () => readFileSync(file, "utf8").includes("192.0.2.9"));
});

test("a file that makes no sense is as if it were not there", () => {
  for (const text of [
    "",
    "{",
    "null",
    "[1]",
    '{"TCP 5060 a.test":7}',
    '{"TCP 5060 a.test":[{"address":"x"}]}',
  ]) {
    const file = path();
    writeFileSync(file, text);
    assert.equal(new AddressBook(file, silent).targets(hop("a.test")), undefined, text);
  }
});

test("a place that cannot be written to harms nobody", async () => {
  const book = new AddressBook("/nowhere/next-hops.json", silent);
  book.enter(hop("a.test"), [target("192.0.2.1")]);
  await book.flush();
  assert.deepEqual(book.targets(hop("a.test")), [target("192.0.2.1")]);
});
