import { runCommand } from "./commands.ts";

const OLDEST_MINOR = 26;

/**
 * Checks the Go that builds the control plane.
 * @throws Error when there is none, or it is older than 1.26.
 */
export async function requireGo(): Promise<void> {
  const needed = `Go 1.${OLDEST_MINOR} or later is needed to build the control plane`;
  const version = await runCommand("go", ["env", "GOVERSION"]).catch((cause: unknown) => {
    throw new Error(`${needed}, and no 'go' runs from PATH`, { cause });
  });
  const minor = /^go1\.(\d+)/.exec(version)?.[1];
  if (minor === undefined || Number(minor) < OLDEST_MINOR) throw new Error(`${needed}, this is ${version}`);
}
