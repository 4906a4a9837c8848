import type { DomainQuery, DomainRow, DomainSort } from "../types.ts";

export const MAX_PAGE = 500;

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly parameter: string; readonly problem: string };

/** A query with the part of its result that is wanted. */
export interface PageQuery {
  readonly query: DomainQuery;
  readonly offset: number;
  /** 1–`MAX_PAGE`. */
  readonly limit: number;
}

const CHOICES = {
  origin: ["discovered", "written"],
  protocol: ["SIP", "XMPP"],
  trust: ["Full", "Limited"],
  state: ["NotAccepted", "Blocked", "NoRoute", "Throttled", "Pending", "Ready"],
  activity: ["seen", "none"],
  sort: ["name", "created", "activity"],
  order: ["ascending", "descending"],
} as const;
const FILTERS = ["origin", "protocol", "trust", "state", "activity", "route"];
const FREE = ["text", "route", "offset", "limit"];
const MAX_TEXT = 300;

/** Reads `?text=&origin=&protocol=&trust=&state=&activity=&route=&sort=&order=&offset=&limit=`. What is empty is absent. */
export function readPageQuery(parameters: URLSearchParams): Read<PageQuery> {
  const given = new Map([...parameters].filter(([, value]) => value !== ""));
  for (const [name, value] of given) {
    const problem = problemOf(name, value);
    if (problem !== undefined) return { ok: false, parameter: name, problem };
  }
  const offset = Number(given.get("offset") ?? 0);
  const limit = Number(given.get("limit") ?? 100);
  if (!Number.isSafeInteger(offset) || offset < 0)
    return { ok: false, parameter: "offset", problem: "is not a whole number from 0 on" };
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    return { ok: false, parameter: "limit", problem: `is not a whole number from 1 to ${MAX_PAGE}` };
  return { ok: true, value: { query: queryOf(given), offset, limit } };
}

function problemOf(name: string, value: string): string | undefined {
  const choices: Readonly<Record<string, readonly string[]>> = CHOICES;
  const allowed = Object.hasOwn(choices, name) ? choices[name] : undefined;
  if (allowed) return allowed.includes(value) ? undefined : `is none of ${allowed.join(", ")}`;
  if (!FREE.includes(name)) return "is unknown";
  return value.length > MAX_TEXT ? "is too long" : undefined;
}

/** The values have been checked. */
function queryOf(given: ReadonlyMap<string, string>): DomainQuery {
  const filters = [...given].filter(([name]) => FILTERS.includes(name));
  const text = given.get("text");
  return {
    ...Object.fromEntries(filters),
    ...(text !== undefined && { text: text.toLowerCase() }),
    sort: (given.get("sort") ?? "name") as DomainSort,
    descending: given.get("order") === "descending",
  };
}

/** Undefined where every row matches. */
export function matcher(query: DomainQuery): ((row: DomainRow) => boolean) | undefined {
  const { text, origin, protocol, trust, state, activity, route } = query;
  const tests: ((row: DomainRow) => boolean)[] = [];
  if (text !== undefined) tests.push((row) => hasText(row, text));
  if (origin !== undefined) tests.push((row) => row.origin === origin);
  if (protocol !== undefined) tests.push((row) => row.protocol === protocol);
  if (trust !== undefined) tests.push((row) => row.trust === trust);
  if (state !== undefined) tests.push((row) => row.state === state);
  if (activity !== undefined) tests.push((row) => (row.activity === undefined) === (activity === "none"));
  if (route !== undefined)
    tests.push(({ servedBy }) => (servedBy.kind === "XMPP" ? servedBy.kind : servedBy.pattern) === route);
  if (tests.length === 0) return undefined;
  return (row) => tests.every((test) => test(row));
}

function hasText({ name, description }: DomainRow, text: string): boolean {
  return name.includes(text) || (description?.toLowerCase().includes(text) ?? false);
}

/** By time; equals keep their order. What has no activity is the oldest. */
export function comparison({ sort, descending }: DomainQuery): (a: DomainRow, b: DomainRow) => number {
  const sign = descending ? -1 : 1;
  const timeOf = (row: DomainRow): number => (sort === "created" ? row.created : (row.activity ?? 0));
  return (a, b) => sign * (timeOf(a) - timeOf(b));
}
