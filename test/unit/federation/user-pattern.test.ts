import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compareUserPatterns,
  isUserPattern,
  matchesUser,
  userOf,
} from "../../../src/federation/user-pattern.ts";

test("characters of a user part, dots for any one, and a star at the end are a user pattern", () => {
  const patterns = [
    "+4930....",
    "23*",
    "alice",
    "example.com",
    "o'malley",
    ".",
    "...*",
    "a/b?c;d,e&f=g$!~()_-",
  ];
  for (const text of patterns) assert.ok(isUserPattern(text), text);
  for (const text of ["", "*", ".*", "2*3", "**", "a b", "a@b", "a%62", "a|b", "ä", "a\n"]) {
    assert.equal(isUserPattern(text), false, text);
  }
});

test("a dot is one character, the star any number of them, and case counts", () => {
  const matching = [
    ["+4930....", "+49301234"],
    ["23*", "23"],
    ["23*", "2345"],
    [".3*", "a3"],
    ["a.c", "a.c"],
    ["a.c", "a*c"],
    ["...*", "abc"],
  ] as const;
  for (const [pattern, user] of matching) assert.ok(matchesUser(pattern, user), `${pattern} ${user}`);
  const differing = [
    ["+4930....", "+4930123"],
    ["+4930....", "+493012345"],
    ["23*", "2"],
    ["alice", "Alice"],
    ["a.c", "ac"],
    ["...*", "ab"],
  ] as const;
  for (const [pattern, user] of differing)
    assert.equal(matchesUser(pattern, user), false, `${pattern} ${user}`);
});

test("the user part that counts: no password, no escapes, of a telephone number no separators", () => {
  const read = (user: string | undefined, scheme = "sip"): string | undefined =>
    userOf({ scheme, ...(user !== undefined && { user }) });
  assert.equal(read("alice"), "alice");
  assert.equal(read("al%69ce:secret"), "alice");
  assert.equal(read("%2B49-30"), "+49-30");
  assert.equal(read("alice;day=tue"), "alice;day=tue");
  assert.equal(read("+49-30-(12).34;ext=5", "tel"), "+49301234");
  for (const user of [undefined, "", "a%", "a%0", "a%zz", "%00", "%7f", "%c3%a4", "ä"]) {
    assert.equal(read(user), undefined, user);
  }
});

test("the most fixed characters first, then a fixed length, the longer, the earlier ones", () => {
  const sorted = [
    "+4930123",
    "+493012.",
    "+4930..*",
    "+49*",
    "a.b",
    ".ab",
    "a.b*",
    "..a",
    "...",
    "...*",
    "..*",
  ];
  const shuffled = sorted.toReversed();
  assert.deepEqual(shuffled.sort(compareUserPatterns), sorted);
});
