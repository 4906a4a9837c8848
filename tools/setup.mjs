#!/usr/bin/env node
/**
 * Gets a fresh clone ready: npm packages and the pinned Node.js here, everything else in setup/main.ts. Runs on
 * whatever Node.js the machine has (20 or later) with nothing installed: plain JavaScript, no dependencies.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeStaleSettings } from "./sandbox/running.mjs";

const OLDEST_NODE = 20;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pinnedNode = join(root, "node_modules/.bin/node");

// by npm's name of the script: whoever waits for the settings of a new sandbox must not find old ones meanwhile
if (process.env.npm_lifecycle_event === "sandbox") removeStaleSettings(join(root, ".sandbox"));
requireNode();
if (!packagesAreCurrent()) installPackages();
run(pinnedNode, [join(root, "tools/setup/main.ts"), ...process.argv.slice(2)]);

function requireNode() {
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) return;
  fail(`Node.js ${OLDEST_NODE} or later is needed, this is ${process.versions.node}`);
}

/** Whether every package of the lock file is installed, by npm's own record of what it installed. */
function packagesAreCurrent() {
  const installedFile = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedFile) || !existsSync(pinnedNode)) return false;
  const locked = readPackages(join(root, "package-lock.json"));
  const installed = readPackages(installedFile);
  return Object.entries(locked)
    .filter(([path, entry]) => path !== "" && !entry.optional)
    .every(([path, entry]) => installed[path]?.version === entry.version);
}

function readPackages(lockFile) {
  return JSON.parse(readFileSync(lockFile, "utf8")).packages;
}

function installPackages() {
  console.log("Installing npm packages and the pinned Node.js (npm ci)");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (!existsSync(pinnedNode))
    fail("npm ci ran, but node_modules/.bin/node is missing: are install scripts off?");
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error) fail(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}
