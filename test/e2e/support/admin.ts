/** The operator's admin port, as a person or a monitoring system reads it. */
import type { Explanation } from "../../../src/federation/explain.ts";
import type { Replica } from "../../support/replica.ts";

/** `200`, or `503` and why. */
export async function readiness({ adminUrl }: Replica): Promise<string> {
  const response = await fetch(`${adminUrl}/readyz`);
  const text = await response.text();
  return response.ok ? String(response.status) : `${response.status} ${text.trim()}`;
}

/** What the operator says of a request: `uri`, `from`, `source`, `method`. */
export async function explain(
  { adminUrl }: Replica,
  query: Readonly<Record<string, string>>,
): Promise<Explanation> {
  const response = await fetch(`${adminUrl}/explain?${new URLSearchParams(query).toString()}`);
  const body = await response.text();
  if (!response.ok) throw new Error(`/explain answered ${response.status}: ${body}`);
  return JSON.parse(body) as Explanation;
}

/** The sum of a metric over all its series whose labels include these. */
export async function metric(
  { adminUrl }: Replica,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  return text
    .split("\n")
    .filter((line) => new RegExp(`^${name}[{ ]`).test(line) && wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}
