import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { Misuse } from "./command.ts";

/** Options by which every command that goes to a cluster is told which, as kubectl has them. */
export const CLUSTER_OPTIONS = {
  namespace: { type: "string", short: "n" },
  context: { type: "string" },
  kubeconfig: { type: "string" },
} as const;

/** How they are explained under `--help`. */
export const CLUSTER_USAGE = `  -n, --namespace NAME    namespace of the installation (that of the context)
      --context NAME      context of the kubeconfig (the current one)
      --kubeconfig FILE   instead of KUBECONFIG and ~/.kube/config
`;

/** Reads a command line by its options. Throws `Misuse`. */
export function parse<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node.js goes on with advice on arguments that begin with a dash.
    throw new Misuse((error as Error).message.split(". ")[0], { cause: error });
  }
}

/** One of a few words, in whatever case. Throws `Misuse`. */
export function oneOf<T extends string>(option: string, value: string, words: readonly T[]): T {
  const word = words.find((it) => it.toLowerCase() === value.toLowerCase());
  if (word !== undefined) return word;
  const all = `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
  throw new Misuse(`${option} is ${all}, not ${value}`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Milliseconds of a duration such as 90m, 12h, 3d or 2w. Throws `Misuse`. */
export function duration(option: string, value: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhdw])$/.exec(value) ?? [];
  const seconds = UNITS[unit];
  if (seconds === undefined) throw new Misuse(`${option} is a duration such as 12h, 3d or 2w, not ${value}`);
  return Number(count) * seconds * 1000;
}
