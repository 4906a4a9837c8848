/** The images of the Dockerfile, built here. Its base images are made here too, under the names that it gives them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../../tools/setup/commands.ts";
import { cachePath, repositoryRoot } from "../../../tools/setup/paths.ts";
import { buildah, exclusively, podman, prepareContainers } from "./containers.ts";

export type Target = "operator" | "sip-router" | "xmpp-gateway";

const dockerfile = readFileSync(join(repositoryRoot, "Dockerfile"), "utf8");

/** Builds all. Several processes may ask at once: one builds, the others find its layers. */
export async function buildImages(): Promise<Record<Target, string>> {
  prepareContainers();
  await makeBases();
  const images = {
    operator: await build("operator"),
    "sip-router": await build("sip-router"),
    "xmpp-gateway": await build("xmpp-gateway"),
  };
  await podman("image", "prune", "--force", "--filter", "until=48h");
  return images;
}

/** Returns the image's id. */
async function build(target: Target): Promise<string> {
  const options = ["--isolation", "chroot", "--network", "host", "--layers", "--target", target];
  const output = await buildah(
    "bud",
    ...options,
    "--tag",
    `localhost/sip-federation-test/${target}`,
    repositoryRoot,
  );
  return output.trim().split("\n").at(-1) ?? "";
}

/** What the Dockerfile calls one of its base images. */
function base(argument: string): string {
  const name = new RegExp(`^ARG ${argument}=(.*)$`, "m").exec(dockerfile)?.[1];
  if (name === undefined) throw new Error(`the Dockerfile has no ARG ${argument}`);
  return name;
}

async function makeBases(): Promise<void> {
  const npm = await runCommand("sh", ["-c", 'dirname "$(dirname "$(readlink -f "$(command -v npm)")")"']);
  await exclusively(
    MAKE_BASES,
    ...[base("DEBIAN"), base("DEBIAN_OF_PROSODY"), base("NODE"), cachePath("images")],
    ...[
      join(repositoryRoot, "node_modules/node/bin/node"),
      npm.trim(),
      process.env.NODE_EXTRA_CA_CERTS ?? "",
    ],
  );
}

/** Debian's slim images, and the one of Node.js: this machine's pinned node and npm on top of the newer one. */
const MAKE_BASES = `
debian=$1 older=$2 node=$3 directory=$4 program=$5 npm=$6 authorities=$7
slim() {
  tar=$directory/$2.tar
  test -e "$tar" || { mmdebstrap --variant=minbase "$3" "$tar.partial.tar" && mv "$tar.partial.tar" "$tar"; }
  podman image exists "$1" || podman import -q "$tar" "$1"
}
slim "$debian" debian trixie
slim "$older" debian-12 bookworm
if ! podman image exists "$node"; then
  container=$(buildah from "$debian")
  buildah copy -q "$container" "$program" /usr/local/bin/node
  buildah copy -q "$container" "$npm" /usr/local/lib/node_modules/npm
  buildah run --isolation chroot "$container" -- ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  if [ -n "$authorities" ]; then
    buildah copy -q "$container" "$authorities" /etc/ssl/authorities.pem
    buildah config --env NODE_EXTRA_CA_CERTS=/etc/ssl/authorities.pem "$container"
  fi
  buildah commit -q --rm "$container" "$node"
fi
`;
