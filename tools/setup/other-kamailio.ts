/**
 * The Kamailio of the other Debian release, so that the router is tested on 5.6 and on 6.0 on one machine. It is
 * unpacked into the cache, not installed, and runs with its own release's libraries by its own dynamic loader: no
 * chroot, no root, same paths as any other process.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianRelease } from "./debian.ts";
import { cachePath } from "./paths.ts";
import { runCommand } from "./commands.ts";
import { say, withProgress } from "./progress.ts";

const otherReleases: Readonly<Record<string, { release: string; kamailio: string }>> = {
  bookworm: { release: "trixie", kamailio: "6.0" },
  trixie: { release: "bookworm", kamailio: "5.6" },
};
const packages = "kamailio,kamailio-extra-modules,kamailio-tls-modules";
const loader = "ld-linux-x86-64.so.2";

/** The command of the other release's Kamailio, which takes the arguments of any; undefined where there is none. */
export function otherKamailio(): string | undefined {
  const command = commandPath();
  return command !== undefined && existsSync(command) ? command : undefined;
}

/** Unpacks it unless it is there already. Needs root; without, the tests run on this release's Kamailio alone. */
export async function installOtherKamailio(): Promise<void> {
  const other = otherReleases[debianRelease() ?? ""];
  const command = commandPath();
  if (other === undefined || command === undefined || process.arch !== "x64") return;
  if (existsSync(command)) return;
  if (process.getuid?.() !== 0) {
    say(`Kamailio ${other.kamailio} is left out: unpacking it needs root`);
    return;
  }
  const directory = cachePath(`kamailio-${other.kamailio}`);
  await withProgress(
    `Unpacking Kamailio ${other.kamailio}`,
    () => "mmdebstrap",
    unpack(other.release, directory),
  );
}

async function unpack(release: string, directory: string): Promise<void> {
  const partial = `${directory}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  try {
    await runCommand("mmdebstrap", ["--variant=extract", `--include=${packages}`, release, partial]);
    writeFileSync(join(partial, "kamailio"), wrapper(partial, directory), { mode: 0o755 });
    if (!existsSync(join(directory, "kamailio"))) {
      rmSync(directory, { recursive: true, force: true });
      renameSync(partial, directory);
    }
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** `unpacked` is where it lies now, `directory` where it will. Before trixie, libraries are in /lib and in /usr/lib. */
function wrapper(unpacked: string, directory: string): string {
  const libraries = ["lib", "usr/lib"].map((lib) => `${lib}/x86_64-linux-gnu`);
  const home = libraries.find((lib) => existsSync(join(unpacked, lib, loader)));
  if (home === undefined) throw new Error(`no ${loader} in ${unpacked}`);
  return `#!/bin/sh
d=${directory}
exec $d/${home}/${loader} --argv0 kamailio --library-path ${libraries.map((lib) => `$d/${lib}`).join(":")} \\
  $d/usr/sbin/kamailio -L $d/usr/lib/x86_64-linux-gnu/kamailio/modules "$@"
`;
}

function commandPath(): string | undefined {
  const other = otherReleases[debianRelease() ?? ""];
  return other && cachePath(`kamailio-${other.kamailio}`, "kamailio");
}
