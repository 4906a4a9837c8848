/**
 * The Kubernetes control plane of the tests, the demo and the sandbox: real etcd, kube-apiserver,
 * kube-controller-manager and kubectl, built from tools/control-plane by Go and kept in the cache.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cachePath, repositoryRoot } from "./paths.ts";
import { runCommand } from "./commands.ts";
import { withProgress } from "./progress.ts";

const sourceDirectory = join(repositoryRoot, "tools/control-plane");
const sourceFiles = ["go.mod", "go.sum", "main.go"];
const programs = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const;
const kubebuilderPrograms = ["etcd", "kube-apiserver", "kubectl"];
const binary = "control-plane";

export type ControlPlaneProgram = (typeof programs)[number];

/**
 * The path of one program: from `KUBEBUILDER_ASSETS` where that is set and has it, else from the cache.
 * @throws Error when it has not been built yet.
 */
export function controlPlaneProgram(name: ControlPlaneProgram): string {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets !== undefined && existsSync(join(assets, name))) return join(assets, name);
  const path = join(buildDirectory(), name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run 'node tools/setup.mjs'`);
  return path;
}

/** Whether there is a control plane; kube-controller-manager may be missing in `KUBEBUILDER_ASSETS`. */
export function controlPlaneIsBuilt(): boolean {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets !== undefined && kubebuilderPrograms.every((name) => existsSync(join(assets, name))))
    return true;
  return existsSync(join(buildDirectory(), "kubectl"));
}

/** Whether kube-controller-manager is there: `KUBEBUILDER_ASSETS` usually lacks it. */
export function hasControllerManager(): boolean {
  try {
    return controlPlaneProgram("kube-controller-manager") !== "";
  } catch {
    return false;
  }
}

/** Builds the control plane unless it is there already. Several processes may ask at once: one builds. */
export async function buildControlPlane(): Promise<void> {
  if (controlPlaneIsBuilt()) return;
  const directory = buildDirectory();
  mkdirSync(directory, { recursive: true });
  let state = "waiting for another process that builds it";
  const onLine = (line: string): void => {
    state = line;
  };
  const script = join(repositoryRoot, "tools/setup/build-control-plane.ts");
  // flock lets go when the process ends, however it ends
  const build = runCommand("flock", [join(directory, "lock"), process.execPath, script, directory], {
    onLine,
  });
  await withProgress("Building the control plane (5 to 6 minutes on 2 cores, once)", () => state, build);
}

/** Builds into `directory`; the caller holds the lock. `onProgress` gets what to tell a person. */
export async function compileControlPlane(
  directory: string,
  onProgress: (state: string) => void,
): Promise<void> {
  if (existsSync(join(directory, "kubectl"))) return;
  onProgress("downloading modules");
  const packages = await runCommand("go", ["list", "-mod=readonly", "-deps", "."], { cwd: sourceDirectory });
  const total = packages.split("\n").length;
  let compiled = 0;
  const onLine = (): void => {
    compiled += 1;
    onProgress(`compiled ${Math.min(compiled, total)} of ${total} packages`);
  };
  const partial = join(directory, `${binary}.partial`);
  const flags = ["-v", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", linkerFlags()];
  const env = { CGO_ENABLED: "0" }; // the same with and without a C compiler
  await runCommand("go", ["build", ...flags, "-o", partial, "."], { cwd: sourceDirectory, env, onLine });
  renameSync(partial, join(directory, binary));
  for (const name of programs) {
    rmSync(join(directory, name), { force: true });
    symlinkSync(binary, join(directory, name));
  }
}

/** Kubernetes takes its version from the linker; unset, every server says v0.0.0. */
function linkerFlags(): string {
  const module = readFileSync(join(sourceDirectory, "go.mod"), "utf8");
  const version = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/.exec(module);
  if (version === null) throw new Error("tools/control-plane/go.mod does not require k8s.io/kubernetes");
  const stamp = { gitVersion: version[1], gitMajor: version[2], gitMinor: version[3], gitTreeState: "clean" };
  const variables = Object.entries(stamp).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value ?? ""}`,
  );
  return ["-s", "-w", ...variables].join(" ");
}

function buildDirectory(): string {
  const hash = createHash("sha256");
  for (const file of sourceFiles) hash.update(readFileSync(join(sourceDirectory, file)));
  return cachePath("control-plane", hash.digest("hex").slice(0, 16));
}
