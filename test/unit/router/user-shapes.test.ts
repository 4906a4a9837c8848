import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareUserPatterns } from "../../../src/federation/user-pattern.ts";
import { encodeShapes, isUserSetKey } from "../../../src/router/user-shapes.ts";

test("each shape once, most specific first", () => {
  const keys = ["@+4930....", "@+4940....", "@+49..*", "@23*", "@a.b", "*", ".com", "a.test", "=b.test"];
  assert.equal(encodeShapes(keys), "9=,5,....;5*,3,..;3=,1,.,1;2*,2;");
  assert.equal(encodeShapes(["*", "a.test"]), "");
});

test("shapes come in the order in which the core ranks the patterns", () => {
  const pattern = fc
    .tuple(fc.stringMatching(/^[a.]{1,6}$/), fc.constantFrom("", "*"))
    .map(([fixed, end]) => fixed + end)
    .filter((text) => text !== ".*");
  fc.assert(
    fc.property(fc.uniqueArray(pattern, { maxLength: 8 }), (patterns) => {
      const ranked = patterns.toSorted(compareUserPatterns).map((text) => encodeShapes([`@${text}`]));
      assert.equal(encodeShapes(patterns.map((text) => `@${text}`)), ranked.join(""));
    }),
  );
});

test("keys that could break a line of the table are none", () => {
  for (const key of ["@a|b", "@a\nb", "@", "@a b", "@a*b", "@%61"])
    assert.equal(isUserSetKey(key), false, key);
  assert.ok(isUserSetKey("@+49..*"));
});
