import type { Transport } from "../federation/types.ts";
import { findAddresses, literalAddresses } from "./addresses.ts";
import type { Inquiry } from "./inquiry.ts";
import { findServices, type Services } from "./services.ts";
import { orderedTargets } from "./targets.ts";
import type { Family, HopName, Target } from "./types.ts";

/** Default ports, RFC 3261 §19.1.2. */
const DEFAULT_PORT: Readonly<Record<Transport, number>> = { UDP: 5060, TCP: 5060, TLS: 5061 };

export interface Resolution {
  readonly targets: readonly Target[];
  /** What DNS lacks, a sentence without its full stop. What failed, the inquiry knows. */
  readonly problem: string | undefined;
}

/** The targets of a hop that needs no DNS; undefined for all others. */
export function resolveLiterally(hop: HopName, families: readonly Family[]): readonly Target[] | undefined {
  const addresses = literalAddresses(hop.host, families);
  return addresses && orderedTargets(equalTargets(addresses, portOf(hop)));
}

/**
 * Resolves a next hop by RFC 3263 §4. The route has chosen the transport already, so NAPTR records only tell the name
 * of the SRV records. Every target of an SRV record stands for all of its addresses.
 */
export async function resolveHop(
  hop: HopName,
  inquiry: Inquiry,
  families: readonly Family[],
): Promise<Resolution> {
  if (hop.port !== 0) return resolveHost(hop, inquiry, families);
  const services = await findServices(hop, inquiry);
  if (services.kind === "unknown") return { targets: [], problem: undefined };
  if (services.kind === "found") return resolveServices(services, inquiry, families);
  const { targets, problem } = await resolveHost(hop, inquiry, families);
  return { targets, problem: problem && `${problem}, and ${services.name} has no SRV record` };
}

async function resolveHost(hop: HopName, inquiry: Inquiry, families: readonly Family[]): Promise<Resolution> {
  const { addresses, problem } = await findAddresses(hop.host, inquiry, families);
  return { targets: orderedTargets(equalTargets(addresses, portOf(hop))), problem };
}

async function resolveServices(
  { name, services }: Services & { readonly kind: "found" },
  inquiry: Inquiry,
  families: readonly Family[],
): Promise<Resolution> {
  if (services.length === 0) {
    return { targets: [], problem: `the SRV record of ${name} says that there is no such service` };
  }
  const found = await Promise.all(
    services.map(async (service) => ({
      service,
      ...(await findAddresses(service.target, inquiry, families)),
    })),
  );
  const targets = found.flatMap(({ service: { port, priority, weight }, addresses }) =>
    addresses.map((address) => ({ address, port, priority, weight })),
  );
  const problem = found.find((each) => each.problem !== undefined)?.problem;
  return { targets: orderedTargets(targets), problem: problem && `${problem}, but is a target of ${name}` };
}

function portOf({ port, transport }: HopName): number {
  return port === 0 ? DEFAULT_PORT[transport] : port;
}

function equalTargets(addresses: readonly string[], port: number): Target[] {
  return addresses.map((address) => ({ address, port, priority: 0, weight: 1 }));
}
