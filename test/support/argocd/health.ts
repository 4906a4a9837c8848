/** Health of objects, by Argo CD's own code and the settings that docs/argocd gives it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { argoCdProgram } from "../../../tools/setup/argocd.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";

/** The ConfigMap that a person pastes. */
export const ARGO_CD_SETTINGS = join(repositoryRoot, "docs/argocd/argocd-cm.yaml");

export interface Health {
  readonly status: string;
  readonly message: string;
}

/**
 * What Argo CD thinks of each object.
 * @throws Error when it cannot read the settings, or a check breaks.
 */
export async function healthOf(objects: readonly object[]): Promise<readonly Health[]> {
  const child = spawn(argoCdProgram("argocd-health"), [ARGO_CD_SETTINGS], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on("error", reject).on("close", resolve);
  child.stdin.on("error", () => undefined).end(JSON.stringify(objects));
  const [code, stdout, stderr] = await Promise.all([promise, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`argocd-health: ${stderr}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Health);
}
