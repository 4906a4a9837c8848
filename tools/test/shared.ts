/** The control plane that all test files of a run share. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installCrds, startControlPlane } from "../../test/support/control-plane.ts";
import { SHARED_CONTROL_PLANE } from "../../test/support/shared-control-plane.ts";
import { temporaryDirectory } from "../../test/support/temporary.ts";

export interface Shared {
  /** What test processes need in their environment to find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

export async function startShared(): Promise<Shared> {
  const controlPlane = await startControlPlane();
  await installCrds(controlPlane);
  const { server, ca, token, kubeconfig } = controlPlane;
  const file = join(temporaryDirectory("shared"), "control-plane.json");
  writeFileSync(file, JSON.stringify({ server, ca, token, kubeconfig }));
  return { env: { [SHARED_CONTROL_PLANE]: file }, stop: controlPlane.stop };
}
