import type { Facts, LeaseFacts } from "../facts.ts";
import { findingsOf, type Finding } from "../types.ts";

const { ok, warning, problem } = findingsOf("clock");

/** Milliseconds that clocks may be apart without a word; the API server tells whole seconds. */
const TOLERATED = 5_000;
/** From here on certificates and tokens are judged by a wrong time. */
const MUCH = 60_000;
/** A replica renews its Lease every five seconds. */
const RENEWED = 15_000;

const NTP = "let chronyd or systemd-timesyncd set it";

/** The clocks here, of the API server and of the replicas, as far as they can be told apart. */
export function clockFindings({ api, leases }: Pick<Facts, "api" | "leases">): readonly Finding[] {
  const ahead = api.ok && api.value.ahead !== undefined ? local(api.value.ahead, api.value.doubt) : [];
  const replicas = leases.ok
    ? leases.value.filter(({ replicaOf, holder }) => replicaOf !== undefined && holder !== "")
    : [];
  const found = replicas.flatMap(replica);
  if (found.length > 0 || replicas.length === 0) return [...ahead, ...found];
  return [...ahead, ok("the clocks of the replicas agree with that of the API server")];
}

function local(ahead: number, doubt: number): readonly Finding[] {
  const apart = Math.max(0, Math.abs(ahead) - doubt);
  if (apart <= TOLERATED) return [ok("the clock here agrees with that of the API server")];
  const which = ahead > 0 ? "behind" : "ahead of";
  const message = `the clock here is ${seconds(apart)} ${which} that of the API server`;
  const fix = `find out which of the two is wrong, and ${NTP}`;
  return [apart > MUCH ? problem(message, fix) : warning(message, fix)];
}

function replica({ name, age }: LeaseFacts): readonly Finding[] {
  if (age === undefined) return [];
  const fix = `on the node of pod ${name}: ${NTP}`;
  if (age < -MUCH)
    return [problem(`the clock of replica ${name} is ${seconds(-age)} ahead of the API server's`, fix)];
  if (age < -TOLERATED)
    return [warning(`the clock of replica ${name} is ${seconds(-age)} ahead of the API server's`, fix)];
  if (age <= RENEWED + TOLERATED) return [];
  return [
    warning(
      `replica ${name} last renewed its Lease ${seconds(age)} ago: it hangs, or its clock is behind`,
      `kubectl logs ${name} -c operator; ${fix}`,
    ),
  ];
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}
