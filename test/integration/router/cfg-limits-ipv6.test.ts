/** Strangers over IPv6 are counted by network, not by address. */
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";

const run = promisify(execFile);
const script = join(import.meta.dirname, "ipv6-strangers.ts");

const skip = hasNamespaces() ? false : "network namespaces take root";

for (const { version, command } of kamailioBinaries()) {
  test(`Kamailio ${version}: a /64 is one source`, { skip }, async () => {
    await run("unshare", ["--net", process.execPath, script, command, version], { timeout: 60_000 });
  });
}

function hasNamespaces(): boolean {
  try {
    execFileSync("unshare", ["--net", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
