/**
 * Argo CD, for the tests of GitOps: application controller, repository server and a judge of health in one program,
 * built from tools/argocd by Go and kept in the cache with the manifests that it needs. The demo does without.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./commands.ts";
import { cachePath, repositoryRoot } from "./paths.ts";
import { withProgress } from "./progress.ts";

const sourceDirectory = join(repositoryRoot, "tools/argocd");
const sourceFiles = ["go.mod", "go.sum", "health.go", "main.go"];
const programs = ["argocd-application-controller", "argocd-repo-server", "argocd-health"] as const;
const argoCd = "github.com/argoproj/argo-cd/v3";

export type ArgoCdProgram = (typeof programs)[number];

export function argoCdIsBuilt(): boolean {
  return existsSync(join(buildDirectory(), "built"));
}

/**
 * The path of one of its programs.
 * @throws Error when it has not been built yet.
 */
export function argoCdProgram(name: ArgoCdProgram): string {
  return built(name);
}

/**
 * The directory with what is to be applied before it runs: its CustomResourceDefinitions (`crds`), and ConfigMaps and
 * Secret as an installation has them (`config`).
 * @throws Error when it has not been built yet.
 */
export function argoCdManifests(): string {
  return built("manifests");
}

/** Builds it unless it is there already. Several processes may ask at once: one builds. */
export async function buildArgoCd(): Promise<void> {
  if (argoCdIsBuilt()) return;
  const directory = buildDirectory();
  mkdirSync(directory, { recursive: true });
  let state = "waiting for another process that builds it";
  const onLine = (line: string): void => {
    state = line;
  };
  // flock lets go when the process ends, however it ends; whoever waited finds it there
  const args = [join(directory, "lock"), "sh", "-ec", SCRIPT, directory, sourceDirectory];
  const env = { CGO_ENABLED: "0" }; // the same with and without a C compiler
  const build = runCommand("flock", args, { cwd: directory, env, onLine });
  await withProgress("Building Argo CD (about 3 minutes on 2 cores, once)", () => state, build);
}

/** Run with the directory to build into as $0 and the source as $1; `built` comes last and says that all is there. */
const SCRIPT = `
test -e built && exit
cd "$1"
go build -v -mod=readonly -trimpath -buildvcs=false -ldflags '-s -w' -o "$0/argocd" .
module=$(go list -mod=readonly -m -f '{{.Dir}}' ${argoCd})
cd "$0"
for program in ${programs.join(" ")}; do ln -sf argocd $program; done
mkdir -p manifests/crds manifests/config
cp -f "$module"/manifests/crds/app*-crd.yaml manifests/crds
cp -f "$module"/manifests/base/config/argocd-*.yaml manifests/config
chmod u+w manifests/*/*
touch built
`;

function built(name: string): string {
  const path = join(buildDirectory(), name);
  if (!argoCdIsBuilt()) throw new Error(`${path} is missing: run 'node tools/setup.mjs --tests'`);
  return path;
}

function buildDirectory(): string {
  const hash = createHash("sha256");
  for (const file of sourceFiles) hash.update(readFileSync(join(sourceDirectory, file)));
  return cachePath("argocd", hash.digest("hex").slice(0, 16));
}
