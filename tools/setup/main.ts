/**
 * The second half of the set-up, on the pinned Node.js: Debian packages and the control plane, and with `--tests`
 * what only the tests need: containers, the other release's Kamailio, Helm, and Argo CD.
 */
import { buildArgoCd } from "./argocd.ts";
import { buildControlPlane, controlPlaneIsBuilt } from "./control-plane.ts";
import { installDebianPackages, missingDebianPackages } from "./debian.ts";
import { requireGo } from "./go.ts";
import { helmIsBuilt, helmProgram } from "./helm.ts";
import { installOtherKamailio } from "./other-kamailio.ts";
import { withProgress } from "./progress.ts";

const forTests = process.argv.includes("--tests");

async function installDebianParts(missing: readonly string[]): Promise<void> {
  await installDebianPackages(missing);
  if (forTests) await installOtherKamailio();
}

async function buildGoParts(): Promise<void> {
  await buildControlPlane();
  if (!forTests) return;
  if (!helmIsBuilt()) await withProgress("Building Helm", () => "go build", helmProgram());
  await buildArgoCd();
}

try {
  if (!controlPlaneIsBuilt()) await requireGo();
  const missing = await missingDebianPackages(forTests);
  const results = await Promise.allSettled([buildGoParts(), installDebianParts(missing)]);
  const failed = results.filter((result) => result.status === "rejected");
  for (const { reason } of failed) report(reason);
  if (failed.length > 0) process.exitCode = 1;
} catch (error) {
  report(error);
  process.exitCode = 1;
}

function report(reason: unknown): void {
  console.error(`\nsetup: ${reason instanceof Error ? reason.message : String(reason)}`);
}
