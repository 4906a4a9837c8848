import assert from "node:assert/strict";
import { test } from "node:test";
import { closest } from "../../../src/config/suggest.ts";

const KEYS = ["localDomains", "insideNetworks", "inbound", "log"];

test("the nearest key is suggested, whatever its case", () => {
  assert.equal(closest("localdomains", KEYS), "localDomains");
  assert.equal(closest("insideNetwrok", KEYS), "insideNetworks");
  assert.equal(closest("lgo", ["log", "status"]), undefined, "two letters of three are too far");
  assert.equal(closest("logs", KEYS), "log");
});

test("nothing is suggested where nothing is near", () => {
  assert.equal(closest("xmpp", KEYS), undefined);
  assert.equal(closest("", KEYS), undefined);
});
