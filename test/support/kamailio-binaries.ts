/** The Kamailio versions of this machine: what is about the router is tested on each. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { otherKamailio } from "../../tools/setup/other-kamailio.ts";

export interface KamailioBinary {
  /** As it says itself: `5.6.3`. */
  readonly version: string;
  /** An executable that takes Kamailio's arguments and finds its own modules. */
  readonly command: string;
}

/** This Debian release's own Kamailio first, then the other release's where it was unpacked. */
export function kamailioBinaries(): readonly KamailioBinary[] {
  return commands().map(describe);
}

/** The one that tests use which are not about the router itself. */
export function defaultKamailio(): KamailioBinary {
  const [first] = commands();
  if (first === undefined) throw new Error("no Kamailio here: run 'node tools/setup.mjs'");
  return describe(first);
}

function commands(): string[] {
  return [systemKamailio(), otherKamailio()].filter((command) => command !== undefined);
}

function describe(command: string): KamailioBinary {
  return { command, version: versionOf(command) };
}

/** sbin is not in every user's PATH. */
function systemKamailio(): string | undefined {
  return ["/usr/sbin/kamailio", "/usr/local/sbin/kamailio"].find((path) => existsSync(path));
}

function versionOf(command: string): string {
  const output = execFileSync(command, ["-v"], { encoding: "utf8" });
  const version = /kamailio (\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (version === undefined) throw new Error(`${command} -v says: ${output}`);
  return version;
}
