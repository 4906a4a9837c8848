/**
 * Helm, for the tests of the charts: built from tools/helm by Go and kept in the cache. The demo does without.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./commands.ts";
import { cachePath, repositoryRoot } from "./paths.ts";

const sourceDirectory = join(repositoryRoot, "tools/helm");
const command = "helm.sh/helm/v4/cmd/helm";

export function helmIsBuilt(): boolean {
  return existsSync(join(buildDirectory(), "helm"));
}

/** The path of the `helm` program. Builds it where it has not been built yet; several processes may ask at once. */
export async function helmProgram(): Promise<string> {
  const directory = buildDirectory();
  const path = join(directory, "helm");
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  // flock lets go when the process ends, however it ends; whoever waited finds the program there
  const build = `test -e helm || { (cd "$1" && go build ${buildFlags().join(" ")} -o "$0/partial" ${command}) && mv partial helm; }`;
  await runCommand("flock", [join(directory, "lock"), "sh", "-ec", build, directory, sourceDirectory], {
    cwd: directory,
  });
  return path;
}

function buildFlags(): string[] {
  const version = /helm\.sh\/helm\/v4 (v\d+\.\d+\.\d+)/.exec(
    readFileSync(join(sourceDirectory, "go.mod"), "utf8"),
  );
  if (version === null) throw new Error("tools/helm/go.mod does not require helm.sh/helm/v4");
  const stamp = `-X helm.sh/helm/v4/internal/version.version=${version[1] ?? ""}`;
  return ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", `'-s -w ${stamp}'`];
}

function buildDirectory(): string {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(sourceDirectory, file)));
  return cachePath("helm", hash.digest("hex").slice(0, 16));
}
