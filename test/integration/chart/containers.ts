/** Real containers without a registry or a cluster: buildah and podman, with a storage of our own in the cache. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runCommand } from "../../../tools/setup/commands.ts";
import { cachePath } from "../../../tools/setup/paths.ts";

const PROGRAMS = ["buildah", "podman", "runc", "catatonit", "mmdebstrap"];
const LIBEXEC = ["/usr/libexec/podman", "/usr/lib/podman"];

const directory = cachePath("images");
const settings = {
  CONTAINERS_CONF: join(directory, "containers.conf"),
  CONTAINERS_STORAGE_CONF: join(directory, "storage.conf"),
};

/** Why no container can run on this machine; undefined where they can. */
export function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  const path = [...(process.env.PATH ?? "").split(delimiter), ...LIBEXEC];
  const missing = PROGRAMS.filter((program) => !path.some((part) => existsSync(join(part, program))));
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

/** Writes the settings of both programs. Called before either is run. */
export function prepareContainers(): void {
  mkdirSync(directory, { recursive: true });
  // crun fails on hybrid cgroups, and there may be no systemd
  writeFileSync(
    settings.CONTAINERS_CONF,
    `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`,
  );
  writeFileSync(
    settings.CONTAINERS_STORAGE_CONF,
    `[storage]
driver = "overlay"
graphroot = "${join(directory, "storage")}"
runroot = "${join(directory, "run")}"
`,
  );
}

export async function podman(...args: string[]): Promise<string> {
  return runCommand("podman", args, { env: settings });
}

export async function buildah(...args: string[]): Promise<string> {
  return runCommand("buildah", args, { env: settings });
}

/** Runs a shell script that may call either, while no other process does. Its arguments are $1, $2, … */
export async function exclusively(script: string, ...args: string[]): Promise<void> {
  await runCommand("flock", [join(directory, "lock"), "sh", "-euc", script, "sh", ...args], {
    env: settings,
  });
}
