import { parseArgs } from "node:util";

export interface BenchOptions {
  readonly quick: boolean;
  /** The one section to run; undefined: all. */
  readonly only: string | undefined;
  /** File for the results as JSON. */
  readonly json: string | undefined;
  /** Of the fuzz run: another one each time, and an old one to repeat it. */
  readonly seed: number;
  /** For each Kamailio; undefined: as the size of the run has it. */
  readonly mutants: number | undefined;
}

const usage = (sections: readonly string[]): string => `Usage: npm run bench -- [OPTION...]

Measures the product beside its baselines, in one run.

  --quick          smaller samples, under 6 minutes
  --only SECTION   one of ${sections.join(", ")}
  --json FILE      the results, by key
  --seed NUMBER    of the fuzz run, to repeat it
  --mutants NUMBER messages that the fuzz run throws at each Kamailio
`;

/** Reads the command line. Ends the process where it asks for help, or makes no sense. */
export function readOptions(args: readonly string[], sections: readonly string[]): BenchOptions {
  try {
    return parse(args, sections);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage(sections)}`);
    process.exit(2);
  }
}

function parse(args: readonly string[], sections: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      only: { type: "string" },
      seed: { type: "string", default: `${Date.now()}` },
      mutants: { type: "string" },
    },
  });
  if (values.help) {
    console.log(usage(sections));
    process.exit(0);
  }
  const { quick, json, only, seed, mutants } = values;
  if (only !== undefined && !sections.includes(only)) throw new Error(`there is no section ${only}`);
  return {
    quick,
    only,
    json,
    seed: wholeNumber("--seed", seed),
    mutants: mutants === undefined ? undefined : wholeNumber("--mutants", mutants),
  };
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${option} is a whole number, not ${text}`);
  return Number(text);
}
