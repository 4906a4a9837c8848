import fc from "fast-check";
import type { Decide } from "./expectation.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

export interface SearchOptions {
  /** Scenarios at most. */
  readonly runs: number;
  /** Milliseconds at most, shrinking included. */
  readonly timeLimit: number;
  /** Repeats an earlier search. */
  readonly seed?: number | undefined;
  /** Repeats a counterexample of that search, and nothing else. */
  readonly path?: string | undefined;
  /** Whether the first counterexample will do as it is. */
  readonly unshrunk?: boolean;
}

/** The smallest scenario found in which router and `decide` differ, unless the first one would do. */
export interface Counterexample {
  readonly scenario: Scenario;
  readonly differences: string;
  readonly seed: number;
  readonly path: string;
}

export interface SearchResult {
  readonly runs: number;
  readonly counterexample: Counterexample | undefined;
}

/** Looks for a scenario in which the router does otherwise than `decide` says, and shrinks it. */
export async function search(
  stage: Stage,
  scenarios: fc.Arbitrary<Scenario>,
  decide: Decide,
  { runs, timeLimit, seed, path, unshrunk = false }: SearchOptions,
): Promise<SearchResult> {
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    const differences = await stage.play(scenario, decide);
    if (differences.length > 0) throw new Error(differences.join("\n"));
  });
  const details = await fc.check(property, {
    numRuns: runs,
    interruptAfterTimeLimit: timeLimit,
    endOnFailure: unshrunk,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
  });
  if (!details.failed) return { runs: details.numRuns, counterexample: undefined };
  const { counterexample, counterexamplePath, errorInstance } = details;
  const scenario = counterexample?.[0];
  if (scenario === undefined)
    throw new Error("the search failed without a counterexample", { cause: errorInstance });
  return {
    runs: details.numRuns,
    counterexample: {
      scenario,
      differences: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
      seed: details.seed,
      path: counterexamplePath ?? "",
    },
  };
}

/** For a person: one object, setting or request a line. */
export function render({ scenario, differences }: Counterexample): string {
  const { config, routes, domains, verdict, operator, acts } = scenario;
  const lines: [what: string, value: unknown][] = [
    ["settings", { ...config, ownAddresses: undefined, verdict, operator }],
    ...routes.map(({ name, spec }): [string, unknown] => [`route ${name}`, spec]),
    ...domains.map(({ name, spec }): [string, unknown] => [`domain ${name}`, spec]),
    ...acts.flatMap(({ edits, requests }, index) => [
      ...edits.map((edit): [string, unknown] => [`act ${index + 1}, edit`, edit]),
      ...requests.map((request): [string, unknown] => [`act ${index + 1}, request`, request]),
    ]),
  ];
  return [...lines.map(([what, value]) => `${what}: ${JSON.stringify(value)}`), differences].join("\n");
}
