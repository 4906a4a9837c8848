/** The package as npm packs it: what is in it, and that it runs, also as a plugin of the real kubectl. */
import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { before, test } from "node:test";
import { controlPlaneProgram } from "../../../tools/setup/control-plane.ts";
import { runCommand } from "../../../tools/setup/commands.ts";
import { repositoryRoot } from "../../../tools/setup/paths.ts";
import { freePort } from "../../support/free-port.ts";
import { startOperator } from "../../support/sipfed.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const NAMES = ["sipfed", "kubectl-sipfed"];

let files: readonly string[];
/** PATH with the programs of the package in it. */
let path: string;

before(async () => {
  const directory = temporaryDirectory("package");
  for (const file of ["package.json", "LICENSE", "README.md"])
    copyFileSync(join(repositoryRoot, file), join(directory, file));
  const tsc = join(repositoryRoot, "node_modules/.bin/tsc");
  await runCommand(tsc, ["-p", "tsconfig.build.json", "--outDir", join(directory, "dist")], {
    cwd: repositoryRoot,
  });
  const packed = await runCommand("npm", ["pack", "--ignore-scripts", "--json"], { cwd: directory });
  const [tarball] = JSON.parse(packed) as { filename: string; files: { path: string }[] }[];
  assert.ok(tarball);
  files = tarball.files.map((file) => file.path);
  path = `${await install(join(directory, tarball.filename))}${delimiter}${process.env.PATH ?? ""}`;
});

/** As `npm install` does it, but for the dependencies, which are those of this repository. */
async function install(tarball: string): Promise<string> {
  const directory = dirname(tarball);
  const bin = join(directory, "bin");
  mkdirSync(bin);
  await runCommand("tar", ["-xzf", tarball], { cwd: directory });
  symlinkSync(join(repositoryRoot, "node_modules"), join(directory, "package/node_modules"));
  const program = join(directory, "package/dist/cli/main.js");
  chmodSync(program, 0o755);
  for (const name of NAMES) symlinkSync(program, join(bin, name));
  symlinkSync(process.execPath, join(bin, "node"));
  return bin;
}

test("the package holds the commands, what they share with the operator, and nothing else of it", () => {
  const others = files.filter((file) => !/^dist\/cli\/(?:[a-z-]+\/){0,2}[a-z-]+\.js$/.test(file));
  assert.deepEqual(others.sort(), [
    "LICENSE",
    "README.md",
    "dist/api/conditions.js",
    "dist/api/names.js",
    "dist/federation/address.js",
    "dist/federation/certificate.js",
    "dist/federation/domain-name.js",
    "package.json",
  ]);
});

test("every command finds what it needs in it", async () => {
  for (const command of ["explain", "export", "doctor"])
    assert.match(await runCommand("sipfed", [command, "--help"], { env: { PATH: path } }), /^Usage: sipfed /);
  const closed = `127.0.0.1:${await freePort("127.0.0.1")}`;
  const doctor = runCommand("sipfed", ["doctor", "--only", "tls", "--next-hop", closed], {
    env: { PATH: path },
  });
  await assert.rejects(doctor, /failed \(2\):[^]*it refuses connections/);
  const nowhere = { PATH: path, KUBECONFIG: "/nowhere" };
  for (const command of ["export", "doctor"])
    await assert.rejects(
      runCommand("sipfed", [command], { env: nowhere }),
      /failed \(2\):[^]*the kubeconfig cannot be read/,
    );
});

test("sipfed runs", async () => {
  assert.match(await runCommand("sipfed", ["explain", "--help"], { env: { PATH: path } }), /^Usage: sipfed/);
});

test("kubectl finds it as a plugin, passes its arguments on, and ends with its exit code", async (t) => {
  const { host, port } = await startOperator(t);
  const kubectl = (...args: string[]) =>
    runCommand(controlPlaneProgram("kubectl"), ["sipfed", ...args], { env: { PATH: path } });
  assert.match(await kubectl("explain", "--help"), /^Usage: kubectl sipfed explain URI/);
  const server = `http://${host}:${port}`;
  const told = await kubectl("explain", "sip:bob@partner.example", "--server", server);
  assert.match(told, /\nTold by {5}http:/);
  await assert.rejects(kubectl("explain", "sip:bob@blocked.example", "--server", server), /failed \(1\):/);
  await assert.rejects(kubectl("explain"), /failed \(2\):\nkubectl sipfed: explain needs a URI/);
});
