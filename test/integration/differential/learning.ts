/** What the router asks the operator and reports to it, held to what had to come of the requests of an act. */
import { waitFor } from "../../support/wait-for.ts";
import type { Expectation } from "./expectation.ts";
import { isSuccess, type Observation } from "./performance.ts";
import type { RouterUnderTest } from "./router-under-test.ts";
import type { NewRequest } from "./scenario.ts";

/** A request, what came of it, and what had to by what the router knew before. */
export interface Outcome {
  readonly request: NewRequest;
  readonly observation: Observation;
  readonly expectation: Expectation;
}

const REPORT_TIMEOUT = 2_000;

/** `<direction> <domain>` that the successes of requests made the router remember. */
export function learnedByAll(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ expectation: { outcome }, observation }) => {
    const learned = outcome.kind === "walk" && isSuccess(observation.status) ? outcome.learns : undefined;
    return learned ?? [];
  });
}

export function domainOf(subject: string): string {
  return subject.slice(subject.indexOf(" ") + 1);
}

/** @param known all that the router has to remember by now. */
export async function differencesInLearning(
  { operator, remembered }: RouterUnderTest,
  outcomes: readonly Outcome[],
  known: ReadonlySet<string>,
): Promise<string[]> {
  const missing = (): string[] => [
    ...missingQuestions(operator.questions, outcomes).map((subject) => `it did not ask about ${subject}`),
    ...missingReports(operator.reports, outcomes).map((domain) => `it did not report ${domain}`),
  ];
  const options = { interval: 1, timeout: REPORT_TIMEOUT };
  await waitFor("questions and reports", () => missing().length === 0, options).catch(() => undefined);
  const inMemory = await remembered();
  return [
    ...missing(),
    ...superfluousQuestions(operator.questions, outcomes),
    ...superfluousReports(operator.reports, outcomes),
    ...without(inMemory, known).map((domain) => `it remembers ${domain}, which it should not`),
    ...without(known, inMemory).map((domain) => `it does not remember ${domain}`),
  ];
}

/** One question serves all that wait; none is needed where the domain was learned from the other side meanwhile. */
function missingQuestions(asked: readonly string[], outcomes: readonly Outcome[]): string[] {
  const learned = learnedByAll(outcomes);
  return outcomes.flatMap(({ expectation: { question } }) => {
    if (question === undefined || asked.includes(question)) return [];
    const isLearned = learned.some((it) => it !== question && domainOf(it) === domainOf(question));
    return isLearned ? [] : [question];
  });
}

function superfluousQuestions(asked: readonly string[], outcomes: readonly Outcome[]): string[] {
  const permitted = outcomes.flatMap(({ expectation }) => expectation.question ?? []);
  return [...new Set(asked)]
    .filter((subject) => count(asked, subject) > count(permitted, subject))
    .map((subject) => `it asked ${count(asked, subject)} times about ${subject}`);
}

function missingReports(reported: readonly string[], outcomes: readonly Outcome[]): string[] {
  return without(learnedByAll(outcomes).map(domainOf), new Set(reported.map(domainOf)));
}

function superfluousReports(reported: readonly string[], outcomes: readonly Outcome[]): string[] {
  const permitted = new Set(learnedByAll(outcomes));
  return reported.filter((subject) => !permitted.has(subject)).map((subject) => `it reported ${subject}`);
}

function count(subjects: readonly string[], subject: string): number {
  return subjects.filter((it) => it === subject).length;
}

function without(all: Iterable<string>, some: ReadonlySet<string>): string[] {
  return [...all].filter((it) => !some.has(it));
}
