import { Resolver } from "node:dns/promises";
import { type DomainRecords, type ServiceRecords, SERVICES, type Target } from "../checks/dns.ts";
import type { Told } from "../types.ts";

/** Milliseconds for a try at a name server. */
const TRY = 3_000;
/** The name is there without such a record, or is not there at all. */
const NOTHING = new Set(["ENODATA", "ENOTFOUND"]);
/** Who has more targets shows only the first. */
const MAX_TARGETS = 8;

/**
 * What DNS has of a domain, asked from this machine: the pods may have other name servers.
 * @param server `192.0.2.53` or `192.0.2.53:5353`; undefined: those of this machine
 */
export async function readDomainRecords(
  domain: string,
  server: string | undefined,
): Promise<Omit<DomainRecords, "explained">> {
  const resolver = new Resolver({ timeout: TRY, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);
  const [addresses, ...services] = await Promise.all([
    asked(() => addressesOf(resolver, domain)),
    ...SERVICES.map(([service]) => recordsOf(resolver, service, domain)),
  ]);
  return { domain, services, addresses };
}

async function recordsOf(resolver: Resolver, service: string, domain: string): Promise<ServiceRecords> {
  return { service, targets: await asked(() => targetsOf(resolver, `${service}.${domain}`)) };
}

async function targetsOf(resolver: Resolver, name: string): Promise<readonly Target[]> {
  const records = await orNone(resolver.resolveSrv(name));
  const first = records.sort((a, b) => a.priority - b.priority || b.weight - a.weight).slice(0, MAX_TARGETS);
  return Promise.all(
    first.map(async ({ name: host, port, priority, weight }) => ({
      ...{ host, port, priority, weight },
      addresses: host === "" || host === "." ? [] : await addressesOf(resolver, host),
    })),
  );
}

async function addressesOf(resolver: Resolver, name: string): Promise<readonly string[]> {
  const [v6, v4] = await Promise.all([orNone(resolver.resolve6(name)), orNone(resolver.resolve4(name))]);
  return [...v4, ...v6];
}

async function orNone<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (NOTHING.has((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

async function asked<T>(ask: () => Promise<T>): Promise<Told<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    return { ok: false, why: PROBLEMS[code] ?? message };
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ETIMEOUT: "no name server answers",
  ECONNREFUSED: "the name server refuses connections",
  ESERVFAIL: "the name server says SERVFAIL: that of the domain does not answer it, or DNSSEC fails",
  EREFUSED: "the name server refuses to answer",
  EBADNAME: "that is no name for DNS",
};
