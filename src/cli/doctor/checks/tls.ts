import { isForSip, provenNames, type CertificateSubject } from "../../../federation/certificate.ts";
import { canonicalHost } from "../../../federation/domain-name.ts";
import { findingsOf, type Finding } from "../types.ts";

const { ok, warning, problem } = findingsOf("tls");

/** What came of a connection to a next hop. */
export interface TlsFacts {
  /** `host:port`, as it was named. */
  readonly place: string;
  /** Whose certificate is expected. */
  readonly serverName: string;
  /** Where the authorities are from, for people. */
  readonly authorities: string;
  readonly outcome: TlsOutcome;
}

export type TlsOutcome =
  | { readonly ok: false; readonly why: string }
  | {
      readonly ok: true;
      /** The address that answered. */
      readonly address: string;
      /** `TLSv1.3` */
      readonly protocol: string;
      /** Why the chain does not lead to a known authority; undefined where it does. */
      readonly chainProblem: string | undefined;
      /** That the other side wants a certificate of ours, where it said so. */
      readonly refusedAfterwards: string | undefined;
      readonly certificate: CertificateFacts;
    };

export interface CertificateFacts extends CertificateSubject {
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
}

const DAY = 86_400_000;

/** Whether the router would send a request over this connection, and for how long. */
export function tlsFindings(
  { place, serverName, authorities, outcome }: TlsFacts,
  now: Date,
): readonly Finding[] {
  if (!outcome.ok)
    return [
      problem(
        `${place}: ${outcome.why}`,
        "see that it listens for TLS there, and that no firewall is in between",
      ),
    ];
  const { address, protocol, chainProblem, certificate, refusedAfterwards } = outcome;
  return [
    ok(`${place} answers at ${address} with ${protocol}`),
    chain(place, chainProblem, certificate, authorities),
    identity(place, serverName, certificate),
    validity(place, certificate, now),
    ...(refusedAfterwards === undefined
      ? []
      : [
          warning(
            `${place} closes the connection after the handshake (${refusedAfterwards})`,
            "it wants a certificate of ours: show it with --certificate and --key",
          ),
        ]),
  ];
}

function chain(
  place: string,
  why: string | undefined,
  { issuer }: CertificateFacts,
  authorities: string,
): Finding {
  if (why === undefined) return ok(`${place}: its certificate is signed by an authority of ${authorities}`);
  return problem(
    `${place}: ${why}; its issuer is ${oneLine(issuer)}`,
    "put that authority into ca.crt of the Secret, or have the whole chain sent",
  );
}

function identity(place: string, serverName: string, certificate: CertificateFacts): Finding {
  if (!isForSip(certificate))
    return problem(
      `${place}: its certificate is for other uses than SIP`,
      "it needs serverAuth and clientAuth, or no extended key usage",
    );
  const names = provenNames(certificate);
  const wanted = canonicalHost(serverName) ?? serverName;
  if (names.includes(wanted)) return ok(`${place}: its certificate is for ${wanted} (RFC 5922)`);
  const others = names.length === 0 ? "no name that counts" : names.join(", ");
  return problem(
    `${place}: its certificate is for ${others}, not for ${wanted}`,
    names.length === 0
      ? "wildcards do not count (RFC 5922 §7.2): have one issued for that name"
      : `set tls.serverName of the StaticRoute to ${names[0] ?? ""}, if that is who you mean`,
  );
}

function validity(place: string, { validFrom, validTo }: CertificateFacts, now: Date): Finding {
  const left = Math.floor((validTo.getTime() - now.getTime()) / DAY);
  const until = validTo.toISOString().slice(0, 10);
  if (now < validFrom)
    return problem(
      `${place}: its certificate is not valid before ${validFrom.toISOString()}`,
      "look at the clocks, here and there",
    );
  if (now > validTo)
    return problem(`${place}: its certificate expired on ${until}`, "its owner has to renew it");
  if (left < 14)
    return warning(
      `${place}: its certificate expires in ${left} days, on ${until}`,
      "its owner has to renew it",
    );
  return ok(`${place}: its certificate is valid until ${until}`);
}

function oneLine(name: string): string {
  return name.replaceAll("\n", ", ");
}
