import { canonicalDomain, canonicalHost } from "../../federation/domain-name.ts";
import type { Cluster } from "../cluster.ts";
import { Misuse } from "../command.ts";
import { CLUSTER_OPTIONS, CLUSTER_USAGE, oneOf, parse } from "../options.ts";
import type { NextHopPlace } from "./reading/tls.ts";
import { CHECKS, type CheckName } from "./types.ts";

/** What `sipfed doctor` was asked to look at. */
export interface DoctorArguments {
  readonly checks: ReadonlySet<CheckName>;
  /** Canonical. */
  readonly domains: readonly string[];
  readonly dnsServer: string | undefined;
  readonly nextHop: NextHopPlace | undefined;
  readonly output: "text" | "json";
  /** Labels of the pods; undefined: those that the chart gives them. */
  readonly selector: string | undefined;
  readonly cluster: Cluster;
}

const OPTIONS = {
  domain: { type: "string", multiple: true },
  "dns-server": { type: "string" },
  "next-hop": { type: "string" },
  "server-name": { type: "string" },
  authorities: { type: "string" },
  certificate: { type: "string" },
  key: { type: "string" },
  only: { type: "string", multiple: true },
  output: { type: "string", short: "o" },
  selector: { type: "string", short: "l" },
  ...CLUSTER_OPTIONS,
} as const;

export function usage(name: string): string {
  return `Usage: ${name} doctor [OPTION...]

Looks at an installation, and says of everything that is not as it should be what to do. Nothing is changed.

  ${name} doctor -n voice
  ${name} doctor -n voice --domain partner.example
  ${name} doctor --only tls --next-hop sbc.example.com:5061 --authorities ca.crt

      --domain NAME         what DNS has of this domain, and what happens to requests for it; may be repeated
      --dns-server ADDRESS  asks this name server, instead of those of this machine
      --next-hop HOST:PORT  connects to it over TLS, and looks at its certificate
      --server-name NAME    whose certificate is expected there (HOST)
      --authorities FILE    authorities that count, PEM (those of this machine)
      --certificate FILE    shown to it, PEM, with --key FILE (none)
      --only CHECK,...      these alone of ${CHECKS.join(", ")}
  -o, --output FORMAT       text or json (text)
  -l, --selector LABELS     of the pods, where nameOverride is set (app.kubernetes.io/name=sip-federation)

Which installation:
${CLUSTER_USAGE}
Exit code: 0 all is well; 1 warnings; 2 problems, or a wrong command line.
`;
}

/** Reads what follows `doctor`. Throws `Misuse`. */
export function readDoctorArguments(args: readonly string[]): DoctorArguments {
  const { values, positionals } = parse(args, OPTIONS);
  const [stray] = positionals;
  if (stray !== undefined) throw new Misuse(`doctor takes options alone, and ${stray} is none`);
  const { domain = [], only = [], output = "text", selector, namespace, context, kubeconfig } = values;
  return {
    checks: only.length === 0 ? new Set(CHECKS) : new Set(only.flatMap((it) => it.split(",")).map(check)),
    domains: domain.map(domainOf),
    dnsServer: values["dns-server"] === undefined ? undefined : serverOf(values["dns-server"]),
    nextHop: nextHopOf(values),
    output: oneOf("--output", output, ["text", "json"]),
    selector,
    cluster: { namespace, context, kubeconfig },
  };
}

function check(name: string): CheckName {
  return oneOf("--only", name, CHECKS);
}

function domainOf(text: string): string {
  const domain = canonicalDomain(text);
  if (domain === undefined) throw new Misuse(`--domain is a domain such as partner.example, not ${text}`);
  return domain;
}

function serverOf(text: string): string {
  if (/^[0-9.]+(:\d+)?$/.test(text) || /^\[[0-9a-f:]+\](:\d+)?$/i.test(text) || canonicalHost(text) === text)
    return text;
  throw new Misuse(`--dns-server is an address such as 192.0.2.53 or [2001:db8::53]:5353, not ${text}`);
}

interface TlsValues {
  readonly "next-hop"?: string | undefined;
  readonly "server-name"?: string | undefined;
  readonly authorities?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

function nextHopOf(values: TlsValues): NextHopPlace | undefined {
  const { "next-hop": place, "server-name": serverName, authorities, certificate, key } = values;
  if (place === undefined) {
    const [useless] = Object.entries({ "server-name": serverName, authorities, certificate, key })
      .filter(([, value]) => value !== undefined)
      .map(([name]) => name);
    if (useless !== undefined) throw new Misuse(`--${useless} is for --next-hop`);
    return undefined;
  }
  if ((certificate === undefined) !== (key === undefined))
    throw new Misuse("--certificate and --key go together");
  const [, ipv6, name, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(place) ?? [];
  const host = canonicalHost(ipv6 ?? name ?? "");
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new Misuse(`--next-hop is host:port such as sbc.example.com:5061, not ${place}`);
  return { host, port: Number(port), serverName, authorities, certificate, key };
}
