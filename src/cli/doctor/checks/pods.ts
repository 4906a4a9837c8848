import type { ContainerFacts, Facts, LeaseFacts, OperatorFacts, PodFacts } from "../facts.ts";
import { count, findingsOf, type Finding } from "../types.ts";

const { ok, warning, problem, untold } = findingsOf("pods");

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The name of the leader's Lease, whatever the installation is called. */
export const LEADER_LEASE = "sip-federation";
/** A Lease that was not renewed for so long is nobody's, in milliseconds. */
const LEASE_MS = 15_000;

/** Whether operators and routers run, are ready, and do what they are told. */
export function podFindings(facts: Pick<Facts, "pods" | "leases" | "namespace" | "now">): readonly Finding[] {
  const { pods, leases, namespace, now } = facts;
  if (!pods.ok) return [untold(pods, "the pods", `list pods in namespace ${namespace}`)];
  const present = pods.value.filter(({ leaving }) => !leaving);
  if (present.length === 0)
    return [
      problem(
        `no pod of the installation runs in namespace ${namespace}`,
        "name another namespace with -n, other labels with --selector, or install the chart sip-federation",
      ),
    ];
  const found = present.flatMap((pod) => [...state(pod), ...restarts(pod, now), ...operator(pod, now)]);
  const ready = present.filter((pod) => pod.ready);
  return [
    ...(ready.length > 0 ? [ok(`${ready.length} of ${count(present.length, "pod")} ready`)] : []),
    ...unasked(present),
    ...found,
    ...(leases.ok
      ? leader(leases.value)
      : [untold(leases, "who leads", `list leases in namespace ${namespace}`)]),
  ];
}

function state(pod: PodFacts): readonly Finding[] {
  if (pod.ready) return [];
  const { name, containers, unschedulable, operator } = pod;
  if (unschedulable !== undefined)
    return [problem(`pod ${name}: no node takes it, ${unschedulable}`, `kubectl describe pod ${name}`)];
  const stuck = containers.filter(({ waiting }) => waiting !== undefined && waiting !== "PodInitializing");
  if (stuck.length > 0) return stuck.map((container) => stuckContainer(name, container));
  const why = operator.ok ? operator.value.unready : undefined;
  return [
    problem(
      `pod ${name} is not ready${why === undefined ? "" : `: ${why}`}`,
      `kubectl logs ${name} -c operator, and -c sip-router`,
    ),
  ];
}

function stuckContainer(pod: string, { name, waiting = "", ended }: ContainerFacts): Finding {
  const how = ended === undefined ? "" : `, it ended with ${ended.reason}`;
  const fix = waiting.includes("Image")
    ? "correct the values below images, or the pull secrets"
    : waiting.startsWith("CreateContainer")
      ? `kubectl describe pod ${pod}: a ConfigMap or Secret that it needs is not there`
      : `kubectl logs ${pod} -c ${name} --previous`;
  return problem(`pod ${pod}: ${name} does not run, ${waiting}${how}`, fix);
}

function restarts({ name, containers }: PodFacts, now: Date): readonly Finding[] {
  return containers.flatMap(({ name: container, restarts, ended, waiting }) => {
    if (ended === undefined || waiting !== undefined || now.getTime() - ended.at.getTime() > HOUR) return [];
    const fix =
      ended.reason === "OOMKilled"
        ? `raise the memory limit of ${container} in the values of the chart`
        : `kubectl logs ${name} -c ${container} --previous`;
    return [
      warning(
        `pod ${name}: ${container} was restarted within the hour (${ended.reason}), ${count(restarts, "time")} in all`,
        fix,
      ),
    ];
  });
}

/** Operators that could not be asked are told of once. */
function unasked(pods: readonly PodFacts[]): readonly Finding[] {
  const [first] = pods.flatMap(({ ready, operator }) => (ready && !operator.ok ? [operator] : []));
  return first === undefined
    ? []
    : [untold(first, "what the operators say of themselves", "get and create pods/portforward")];
}

function operator({ name, operator: told }: PodFacts, now: Date): readonly Finding[] {
  if (!told.ok) return [];
  const metric = metricsOf(told.value);
  const log = `kubectl logs ${name} -c operator`;
  const findings: Finding[] = [];
  if (metric("sip_router_up") === 0)
    findings.push(
      problem(`pod ${name}: the router does not answer its operator`, `kubectl logs ${name} -c sip-router`),
    );
  else if (metric("sip_router_in_force") === 0)
    findings.push(problem(`pod ${name}: the router does not route by the current table`, log));
  if (metric("sip_federation_unwritten_domains", 0) > 0)
    findings.push(
      warning(
        `pod ${name}: ${count(metric("sip_federation_unwritten_domains", 0), "learned domain")} could not be written yet`,
        log,
      ),
    );
  const used = metric("sip_router_memory_used_bytes", 0) / metric("sip_router_memory_bytes", Infinity);
  if (used > 0.9)
    findings.push(
      warning(
        `pod ${name}: ${Math.round(used * 100)} % of the router's memory is in use`,
        "raise router.sharedMemoryMiB",
      ),
    );
  return [...findings, ...certificate(name, metric, now)];
}

type Metric = (name: string, otherwise?: number) => number;

/** Reads a value by name; NaN where there is none, unless told otherwise. */
function metricsOf({ metrics }: OperatorFacts): Metric {
  return (name, otherwise = NaN) => metrics.get(name) ?? otherwise;
}

function certificate(pod: string, metric: Metric, now: Date): readonly Finding[] {
  if (metric("sip_tls_files_usable") === 0)
    return [
      problem(
        `pod ${pod}: the files of the TLS Secret do not fit together, the old ones stay in use`,
        `kubectl logs ${pod} -c operator`,
      ),
    ];
  const left = metric("sip_tls_certificate_expiry_seconds") * 1000 - now.getTime();
  const fix = "renew the certificate in the Secret tls.secretName";
  if (left <= 0) return [problem(`pod ${pod}: its TLS certificate has expired`, fix)];
  if (left < 7 * DAY)
    return [
      warning(`pod ${pod}: its TLS certificate expires in ${count(Math.floor(left / DAY), "day")}`, fix),
    ];
  return [];
}

function leader(leases: readonly LeaseFacts[]): readonly Finding[] {
  const lease = leases.find(({ name }) => name === LEADER_LEASE);
  const fix = "kubectl logs of the operators: one of them says why it cannot lead";
  if (lease === undefined) return [problem("no operator has ever led here: statuses stay as they are", fix)];
  if (lease.holder === "" || (lease.age ?? 0) > LEASE_MS)
    return [problem("no operator leads: statuses stay as they are, and no predefined route is made", fix)];
  return [ok(`${lease.holder} leads`)];
}
