/** One control plane for all files of a test run: it takes 3 s and 400 MB, and a namespace is isolation enough. */
import { readFileSync } from "node:fs";
import { installCrds, startControlPlane, type KubernetesApi } from "./control-plane.ts";

/** Names the file in which the test runner says where its control plane is. */
export const SHARED_CONTROL_PLANE = "TEST_CONTROL_PLANE";

let own: Promise<KubernetesApi> | undefined;

/**
 * The test run's control plane with the CRDs installed; where there is none (a file run alone), one that starts now
 * and ends with this process. Use a namespace of your own in it, and never stop it or change its CRDs.
 */
export async function sharedControlPlane(): Promise<KubernetesApi> {
  const file = process.env[SHARED_CONTROL_PLANE];
  if (file !== undefined) return JSON.parse(readFileSync(file, "utf8")) as KubernetesApi;
  own ??= startWithCrds();
  return own;
}

async function startWithCrds(): Promise<KubernetesApi> {
  const controlPlane = await startControlPlane();
  await installCrds(controlPlane);
  return controlPlane;
}
