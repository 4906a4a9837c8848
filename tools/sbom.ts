/**
 * Prints the bill of materials of an image (CycloneDX 1.5). On stdin: what its dpkg knows,
 * `cat /var/lib/dpkg/status /var/lib/dpkg/status.d/*` in the image. SOURCE_DATE_EPOCH says when it was made.
 *
 *     docker run --rm --entrypoint sh IMAGE -c 'cat /var/lib/dpkg/status /var/lib/dpkg/status.d/* 2>/dev/null' |
 *       npm run -s sbom -- sip-router --debian 13
 *
 * `--npm` adds Node.js and the npm packages that the operator runs with; `npm ci` has to come first.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { billOf, debianComponents, nodeComponent, type Component } from "./supply-chain/bill.ts";

const MILLISECONDS = 1000;
const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    debian: { type: "string", default: "13" },
    npm: { type: "boolean", default: false },
  },
});
const [name] = positionals;
if (name === undefined) throw new Error("which image? usage: sbom NAME [--debian RELEASE] [--npm] <STATUS");

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
  devDependencies: Record<string, string>;
};
const components = [...debianComponents(await text(process.stdin), values.debian)];
if (values.npm) components.push(nodeComponent(manifest.devDependencies.node ?? ""), ...npmComponents());
const created = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? 0) * MILLISECONDS).toISOString();
console.log(JSON.stringify(billOf({ name, version: manifest.version, created }, components), null, 2));

function npmComponents(): readonly Component[] {
  const args = ["sbom", "--omit=dev", "--package-lock-only", "--sbom-format=cyclonedx"];
  const output = execFileSync("npm", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return (JSON.parse(output) as { components: readonly Component[] }).components;
}
