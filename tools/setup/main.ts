/** The second half of the set-up, on the pinned Node.js: Debian packages, control plane, second Kamailio. */
import { buildControlPlane, controlPlaneIsBuilt } from "./control-plane.ts";
import { installDebianPackages, missingDebianPackages } from "./debian.ts";
import { requireGo } from "./go.ts";
import { installOtherKamailio } from "./other-kamailio.ts";

async function installDebianParts(missing: readonly string[]): Promise<void> {
  await installDebianPackages(missing);
  await installOtherKamailio();
}

try {
  if (!controlPlaneIsBuilt()) await requireGo();
  const missing = await missingDebianPackages();
  const results = await Promise.allSettled([buildControlPlane(), installDebianParts(missing)]);
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
