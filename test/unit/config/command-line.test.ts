import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCommandLine } from "../../../src/config/command-line.ts";

test("--config names the file to run with", () => {
  assert.deepEqual(parseCommandLine(["--config", "a.yaml"]), { action: "run", config: "a.yaml" });
  assert.deepEqual(parseCommandLine(["-c", "a.yaml"]), { action: "run", config: "a.yaml" });
});

test("--help and --version win over everything else", () => {
  assert.deepEqual(parseCommandLine(["--config", "a.yaml", "--help"]), { action: "help" });
  assert.deepEqual(parseCommandLine(["-v"]), { action: "version" });
});

test("what cannot be run says why", () => {
  const messageOf = (args: string[]) => {
    const command = parseCommandLine(args);
    return command.action === "fail" ? command.message : undefined;
  };
  assert.equal(messageOf([]), "--config FILE is required");
  assert.match(messageOf(["--config"]) ?? "", /argument missing/);
  assert.match(messageOf(["--confg", "x"]) ?? "", /Unknown option '--confg'/);
  assert.match(messageOf(["extra"]) ?? "", /Unexpected argument 'extra'/);
});
