/** The Debian packages that the tests and the demo need. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { runCommand } from "./commands.ts";
import { withProgress } from "./progress.ts";

const packages = [
  "curl",
  "kamailio",
  "kamailio-extra-modules", // evapi
  "kamailio-tls-modules",
  ...["prosody", "lua-unbound"], // the XMPP gateway, which needs unbound to read DNS
  "openssl", // certificates of the sandbox and the tests
  "sip-tester", // sipp
];

/** For the tests: SIP user agents, an XMPP server, who scrapes metrics, and a browser, which others wrote; and what Argo CD runs with. */
const testPackages = [
  ...["baresip-core", "twinkle-console", "ejabberd", "prometheus", "chromium"],
  ...["git", "redis-server"],
];

/** For the tests that only root can run, so nobody else is asked for them. */
const rootTestPackages = [
  ...["buildah", "catatonit", "podman", "runc"], // the images as pods
  "mmdebstrap", // the other release's Kamailio, the base of the images
];

const policyFile = "/usr/sbin/policy-rc.d";

/**
 * The packages that are not installed; `forTests`: of those too that only the tests need.
 * @throws Error with the command to type when there are some and this is not root.
 */
export async function missingDebianPackages(forTests: boolean): Promise<readonly string[]> {
  const query = ["-W", "-f", "${Package} ${db:Status-Status}\\n"];
  const installed = await runCommand("dpkg-query", query).catch((cause: unknown) => {
    throw new Error(
      "this is not a Debian system: install Kamailio 5.6 or later, Prosody 0.12, and sipp, by hand",
      {
        cause,
      },
    );
  });
  const present = new Set(installed.split("\n"));
  const isRoot = process.getuid?.() === 0;
  const missing = neededPackages({ forTests, isRoot }).filter((name) => !present.has(`${name} installed`));
  if (missing.length > 0 && !isRoot) {
    throw new Error(
      `Debian packages are missing. Run this, then try again:\n\n    sudo apt-get ${installArguments(missing).join(" ")}\n`,
    );
  }
  return missing;
}

/** The packages that the demo and the sandbox need; `forTests`: and what only the tests need of them. */
export function neededPackages(purpose: { forTests: boolean; isRoot: boolean }): readonly string[] {
  const { forTests, isRoot } = purpose;
  return [...packages, ...(forTests ? testPackages : []), ...(forTests && isRoot ? rootTestPackages : [])];
}

/** Installs packages. Only root can. */
export async function installDebianPackages(missing: readonly string[]): Promise<void> {
  if (missing.length === 0) return;
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = async (): Promise<void> => {
    await runCommand("apt-get", ["update", "-q"], { env });
    await withoutStartingServices(() => runCommand("apt-get", installArguments(missing), { env }));
  };
  await withProgress(`Installing Debian packages: ${missing.join(" ")}`, () => "apt-get", install());
}

function installArguments(missing: readonly string[]): string[] {
  return ["install", "-y", "--no-install-recommends", ...missing];
}

/** `bookworm`, `trixie`, …; undefined where this is not Debian. */
export function debianRelease(): string | undefined {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
}

/** Debian starts a service when its package is installed; a Kamailio on port 5060 or a Prosody on 5222 is not what anybody asked for. */
async function withoutStartingServices(install: () => Promise<unknown>): Promise<void> {
  const ours = !existsSync(policyFile);
  if (ours) writeFileSync(policyFile, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await install();
  } finally {
    if (ours) rmSync(policyFile);
  }
}
