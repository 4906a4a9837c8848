import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { controlPlaneProgram } from "../../../tools/setup/control-plane.ts";

export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** What kubectl said when it did not exit with 0. */
export class KubectlError extends Error {
  readonly stderr: string;
  constructor(args: readonly string[], stderr: string) {
    super(`kubectl ${args.join(" ")}: ${stderr.trim()}`);
    this.stderr = stderr;
  }
}

/** Where kubectl remembers what kinds the API server of this kubeconfig has. */
export function kubectlCache(kubeconfig: string): string {
  return join(dirname(kubeconfig), "kubectl-cache");
}

/**
 * Runs the real kubectl; `input` goes to its stdin (for `-f -`).
 * @throws KubectlError when it exits with anything but 0.
 */
export async function runKubectl(
  kubeconfig: string,
  args: readonly string[],
  input = "",
): Promise<KubectlResult> {
  const child = spawn(controlPlaneProgram("kubectl"), args, {
    env: { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: kubectlCache(kubeconfig) },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on("error", reject).on("close", resolve);
  child.stdin.on("error", () => undefined).end(input); // it may end without reading
  const [code, stdout, stderr] = await Promise.all([promise, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new KubectlError(args, stderr);
  return { stdout, stderr };
}
