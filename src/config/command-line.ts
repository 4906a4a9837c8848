import { parseArgs } from "node:util";

export const USAGE = `Usage: sip-federation --config FILE

Reconciles StaticRoutes and FederatedDomains into the SIP router of this pod.

  -c, --config FILE  configuration file (YAML), see docs/configuration.md
  -h, --help         print this text
  -v, --version      print the version
`;

/** What the command line asks for. */
export type Command =
  | { readonly action: "run"; readonly config: string }
  | { readonly action: "help" | "version" }
  | { readonly action: "fail"; readonly message: string };

const OPTIONS = {
  config: { type: "string", short: "c" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

/** Reads the arguments after the program's name. */
export function parseCommandLine(args: readonly string[]): Command {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
    if (values.help) return { action: "help" };
    if (values.version) return { action: "version" };
    if (values.config) return { action: "run", config: values.config };
    return { action: "fail", message: "--config FILE is required" };
  } catch (error) {
    return { action: "fail", message: (error as Error).message };
  }
}
