/** What differs between what the router did and what `decide` says, in words. An empty list: they agree. */
import type { InDialogDecision } from "../../../src/federation/types.ts";
import { header, headers } from "../../support/sip/message.ts";
import type { Visit } from "./cast.ts";
import type { Expectation } from "./expectation.ts";
import type { Observation } from "./performance.ts";
import { follow, type Answers, type Down } from "./walk.ts";

/** Answer to a request inside a dialog whose target has not proven who it is. */
const UNPROVEN = 500;

export function differences(
  { outcome }: Expectation,
  observation: Observation,
  answers: Answers,
  down: Down,
): string[] {
  const { visits } = observation;
  const all = [
    ...visits.flatMap((visit) => [...changes(visit, observation), ...insecureRoutes(visit, observation)]),
    ...provisional(observation),
  ];
  if (!observation.acknowledged) all.push("the ACK did not arrive");
  if (outcome.kind !== "walk") {
    const status = outcome.kind === "silence" ? undefined : outcome.status;
    return [...all, ...statuses(status, observation), ...visits.map(({ hop }) => `it went to ${hop}`)];
  }
  const hops = visits.map(({ hop }) => hop);
  const walk = follow(outcome.tiers, hops, answers, down);
  return walk.ok ? [...all, ...statuses(walk.status, observation)] : [...all, walk.problem];
}

/** @param peer the other end; a request gets to none that has not proven who it is. */
export function differencesInDialog(
  decision: InDialogDecision,
  observation: Observation,
  peer: { readonly host: string; readonly isProven: boolean },
): string[] {
  const { visits } = observation;
  if (decision.action === "reply" || !peer.isProven) {
    const status = decision.action === "reply" ? decision.status : UNPROVEN;
    return [...statuses(status, observation), ...visits.map(({ hop }) => `it went to ${hop}`)];
  }
  const hops = visits.map(({ agent }) => agent.host).join(" ");
  const lost = hops === peer.host ? [] : [`it went to [${hops}] instead of its peer ${peer.host}`];
  return [...lost, ...statuses(200, observation)];
}

function statuses(expected: number | undefined, { status }: Observation): string[] {
  return status === expected ? [] : [`the answer is ${text(status)} instead of ${text(expected)}`];
}

function text(status: number | undefined): string {
  return status === undefined ? "none" : String(status);
}

/** RFC 4320 §4.1: nothing but 100, and that late, is a provisional answer to a non-INVITE. */
function provisional({ sent, provisional: seen, repeated }: Observation): string[] {
  const permitted = sent.method === "INVITE" || repeated ? [100] : [];
  return seen.filter((status) => !permitted.includes(status)).map((status) => `a provisional ${status} came`);
}

/** RFC 3261 §16.6 step 4: Record-Route is as secure as the Request-URI. */
function insecureRoutes({ hop, request }: Visit, { sent }: Observation): string[] {
  const scheme = /^sips:/i.test(sent.uri) ? "sips" : "sip";
  return headers(request, "Record-Route")
    .filter((value) => !value.startsWith(`<${scheme}:`))
    .map((value) => `${hop} got Record-Route ${value}`);
}

/** RFC 3261 §16.6: what a proxy leaves alone; and preloaded routes are ours to remove. */
function changes({ hop, request }: Visit, { sent }: Observation): string[] {
  const expected = {
    uri: sent.uri,
    maxForwards: Number(header(sent, "Max-Forwards")) - 1,
    from: header(sent, "From"),
    to: header(sent, "To"),
    routes: "",
  };
  const seen = {
    uri: request.uri,
    maxForwards: Number(header(request, "Max-Forwards")),
    from: header(request, "From"),
    to: header(request, "To"),
    routes: headers(request, "Route").join(),
  };
  return Object.entries(expected)
    .filter(([key, value]) => seen[key as keyof typeof seen] !== value)
    .map(([key, value]) => `${hop} got ${key} ${seen[key as keyof typeof seen]} instead of ${value}`);
}
