import { findingsOf, type Finding, type Told } from "../types.ts";

const { ok, warning } = findingsOf("dns");

/** What DNS has of a domain, as far as SIP and XMPP go. */
export interface DomainRecords {
  readonly domain: string;
  /** In the order in which a SIP client would take them (RFC 3263 §4.1), XMPP last. */
  readonly services: readonly ServiceRecords[];
  /** Addresses of the domain itself, by which it is reached where it has no SRV records. */
  readonly addresses: Told<readonly string[]>;
  /** What this installation would do with a request to it; undefined where no operator was asked. */
  readonly explained: Told<string> | undefined;
}

export interface ServiceRecords {
  /** `_sips._tcp` and the like. */
  readonly service: string;
  readonly targets: Told<readonly Target[]>;
}

/** An SRV record (RFC 2782), with the addresses of its target. */
export interface Target {
  /** A single dot: the service is decidedly not available. */
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
  readonly addresses: readonly string[];
}

/** What each service is, for people. */
export const SERVICES: readonly (readonly [service: string, protocol: string])[] = [
  ["_sips._tcp", "SIP over TLS"],
  ["_sip._tcp", "SIP over TCP"],
  ["_sip._udp", "SIP over UDP"],
  ["_xmpp-server._tcp", "XMPP"],
];

/** What a domain publishes, what a SIP client would take of it, and what happens here. */
export function dnsFindings({ domain, services, addresses, explained }: DomainRecords): readonly Finding[] {
  const absent = services.filter(({ targets }) => targets.ok && targets.value.length === 0);
  return [
    ...services.flatMap((records) => service(domain, records)),
    ...(absent.length > 0 ? [ok(`${domain} has no ${absent.map((it) => it.service).join(", ")}`)] : []),
    byDns(domain, services, addresses),
    ...(explained === undefined ? [] : [here(domain, explained)]),
  ];
}

function service(domain: string, { service, targets }: ServiceRecords): readonly Finding[] {
  const name = `${service}.${domain}`;
  if (!targets.ok)
    return [
      warning(
        `${name}: ${targets.why}`,
        "see that the name servers answer here, or ask others with --dns-server",
      ),
    ];
  if (targets.value.some(({ host }) => host === "." || host === ""))
    return [ok(`${name} says that the domain does not offer it`)];
  return targets.value.map((target) => targetFinding(name, target));
}

function targetFinding(name: string, { host, port, priority, weight, addresses }: Target): Finding {
  const where = `${name} leads to ${host}:${port} (priority ${priority}, weight ${weight})`;
  if (addresses.length > 0) return ok(`${where}, ${addresses.join(", ")}`);
  return warning(`${where}, which has no address`, "its owner has to publish an A or AAAA record for it");
}

/** By RFC 3263 §4.1 without NAPTR: TLS first, then TCP, then UDP, then the addresses of the domain. */
function byDns(
  domain: string,
  services: readonly ServiceRecords[],
  addresses: Told<readonly string[]>,
): Finding {
  for (const { service, targets } of services) {
    const [target] = targets.ok && service.startsWith("_sip") ? usable(targets.value) : [];
    const protocol = SERVICES.find(([name]) => name === service)?.[1] ?? "";
    if (target) return ok(`who follows DNS reaches it by ${protocol}, at ${target.host}:${target.port}`);
  }
  if (addresses.ok && addresses.value.length > 0)
    return ok(`who follows DNS reaches it at its own address, ${addresses.value.join(", ")}`);
  return warning(
    `by DNS nobody reaches ${domain} over SIP: it has no SRV record that leads to an address, and no address itself`,
    "ask its owner for the address of its SBC, and write a StaticRoute for it",
  );
}

function usable(targets: readonly Target[]): readonly Target[] {
  return targets
    .filter(({ addresses }) => addresses.length > 0)
    .sort((a, b) => a.priority - b.priority || b.weight - a.weight);
}

function here(domain: string, explained: Told<string>): Finding {
  if (explained.ok) return ok(`here, by its routes: INVITE sip:${domain}: ${explained.value}`);
  return warning(
    `what happens here is not known: ${explained.why}`,
    "ask with sipfed explain, which says more",
  );
}
