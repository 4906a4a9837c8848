import assert from "node:assert/strict";
import { test } from "node:test";
import { argumentProblems } from "../../../tools/test/arguments.ts";

const isTestFile = (path: string): boolean => path === "test/unit/a.test.ts";

test("an argument that chooses nothing is named, whatever else was chosen", () => {
  const chosen = ["unit", "test/unit/a.test.ts", "test/unit/b.test.ts", "unti"];
  assert.deepEqual(argumentProblems(chosen, ["checks", "unit"], isTestFile), [
    "test/unit/b.test.ts matches nothing: it is no test file, and no part (checks, unit)",
    "unti matches nothing: it is no test file, and no part (checks, unit)",
  ]);
});

test("parts, test files and no arguments at all are fine", () => {
  assert.deepEqual(argumentProblems(["unit", "test/unit/a.test.ts"], ["unit"], isTestFile), []);
  assert.deepEqual(argumentProblems([], ["unit"], isTestFile), []);
});
