import type { Command, Terminal } from "../command.ts";
import { version } from "../version.ts";
import { readDoctorArguments, usage, type DoctorArguments } from "./arguments.ts";
import { apiFindings } from "./checks/api.ts";
import { clockFindings } from "./checks/clock.ts";
import { definitionFindings } from "./checks/definitions.ts";
import { dnsFindings } from "./checks/dns.ts";
import { domainFindings } from "./checks/domains.ts";
import { podFindings } from "./checks/pods.ts";
import { rightFindings } from "./checks/rights.ts";
import { routeFindings } from "./checks/routes.ts";
import { tlsFindings } from "./checks/tls.ts";
import { versionFindings } from "./checks/versions.ts";
import { xmppFindings } from "./checks/xmpp.ts";
import type { Facts } from "./facts.ts";
import { readDomainRecords } from "./reading/dns.ts";
import { explained } from "./reading/explained.ts";
import { readTls } from "./reading/tls.ts";
import { findingsText, summaryOf } from "./text.ts";
import type { CheckName, Finding } from "./types.ts";

/** `sipfed doctor`: what is wrong with an installation, and what to do. */
export const doctor: Command = {
  summary: "what is wrong with an installation, and what to do",
  usage,
  run: async (args, terminal) => {
    const asked = readDoctorArguments(args);
    const findings = await Promise.all([ofInstallation(asked), ofDomains(asked), ofNextHop(asked)]);
    return show(findings.flat(), asked, terminal);
  },
};

/** The checks that are told from one look at the installation. */
const OF_INSTALLATION: readonly (readonly [CheckName, (facts: Facts) => readonly Finding[]])[] = [
  ["api", apiFindings],
  ["definitions", definitionFindings],
  ["rights", rightFindings],
  ["pods", podFindings],
  ["clock", clockFindings],
  ["versions", versionFindings],
  ["routes", routeFindings],
  ["domains", domainFindings],
  ["xmpp", xmppFindings],
];

async function ofInstallation({ checks, cluster, selector }: DoctorArguments): Promise<readonly Finding[]> {
  const wanted = OF_INSTALLATION.filter(([check]) => checks.has(check));
  if (wanted.length === 0) return [];
  // Loaded late: it takes half a second, and DNS and TLS do without.
  const [{ lookAtInstallation }, { SELECTOR }] = await Promise.all([
    import("./reading/facts.ts"),
    import("../pod.ts"),
  ]);
  const facts = await lookAtInstallation({
    cluster,
    selector: selector ?? SELECTOR,
    checks,
    version: version(),
  });
  // without it nothing else is known, and nobody wants to read that nine times
  if (!facts.api.ok) return apiFindings(facts);
  return wanted.flatMap(([, findings]) => findings(facts));
}

async function ofDomains({
  checks,
  domains,
  dnsServer,
  cluster,
}: DoctorArguments): Promise<readonly Finding[]> {
  if (!checks.has("dns")) return [];
  const isHere = OF_INSTALLATION.some(([check]) => checks.has(check));
  const found = domains.map(async (domain) => {
    const [records, here] = await Promise.all([
      readDomainRecords(domain, dnsServer),
      isHere ? explained(domain, cluster) : undefined,
    ]);
    return dnsFindings({ ...records, explained: here });
  });
  return (await Promise.all(found)).flat();
}

async function ofNextHop({ checks, nextHop }: DoctorArguments): Promise<readonly Finding[]> {
  if (nextHop === undefined || !checks.has("tls")) return [];
  return tlsFindings(await readTls(nextHop), new Date());
}

function show(findings: readonly Finding[], { output }: DoctorArguments, terminal: Terminal): number {
  const summary = summaryOf(findings);
  if (output === "json") terminal.out(`${JSON.stringify({ summary, findings }, null, 2)}\n`);
  else terminal.out(findingsText(findings));
  if (summary.problems > 0) return 2;
  return summary.warnings > 0 ? 1 : 0;
}
