/** What the router asks the operator and reports to it, held to what had to come of the requests of an act. */
import { waitFor } from "../../support/wait-for.ts";
import type { Expectation } from "./expectation.ts";
import { domainOf, isOverXmpp, type Memory } from "./memory.ts";
import type { Operator } from "./operator.ts";
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

/** `<direction> <domain>` that the successes of requests made the router remember; `xmpp` in place of the direction. */
export function learnedByAll(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap(({ expectation: { outcome }, observation }) => {
    const learned = outcome.kind === "walk" && isSuccess(observation.status) ? outcome.learns : undefined;
    return learned ?? [];
  });
}

/**
 * @param memory what the router has to remember by now
 * @param attended whether an operator is there
 */
export async function differencesInLearning(
  { operator, remembered }: RouterUnderTest,
  outcomes: readonly Outcome[],
  memory: Memory,
  attended: boolean,
): Promise<string[]> {
  const missing = (): string[] => [
    ...missingQuestions(operator, outcomes).map((subject) => `it did not ask about ${subject}`),
    ...missingReports(operator.reports, outcomes).map((domain) => `it did not report ${domain}`),
  ];
  if (attended) await eventually(() => missing().length === 0);
  return [
    ...(attended ? missing() : []),
    ...superfluousQuestions(operator.questions, outcomes),
    ...superfluousReports(operator.reports, outcomes),
    ...memory.differences(await remembered()),
  ];
}

/** @param reached domains that the router reached while no operator was there. */
export async function differencesAfterAbsence(
  { operator }: RouterUnderTest,
  reached: ReadonlySet<string>,
): Promise<string[]> {
  const missing = (): string[] => without(reached, new Set(operator.reports.map(domainOf)));
  await eventually(() => missing().length === 0);
  return [
    ...missing().map((domain) => `it did not report ${domain} to the operator that came`),
    ...without(operator.reports.map(domainOf), reached).map((domain) => `it reported ${domain}, not reached`),
    ...operator.remembered.map((subject) => `it reported ${subject} as remembered`),
  ];
}

/** Waits until it is so, but not for ever: what is not so then is a difference. */
async function eventually(condition: () => boolean): Promise<void> {
  await waitFor("the router to tell", condition, { interval: 1, timeout: REPORT_TIMEOUT }).catch(
    () => undefined,
  );
}

/**
 * One question serves all that wait, and those that come a moment later. None is needed where the domain was learned
 * from the other side meanwhile.
 */
function missingQuestions(operator: Operator, outcomes: readonly Outcome[]): string[] {
  const learned = learnedByAll(outcomes).filter((subject) => !isOverXmpp(subject));
  return outcomes.flatMap(({ expectation: { question } }) => {
    if (question === undefined || operator.questions.includes(question)) return [];
    if (operator.wasAsked(question)) return [];
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
