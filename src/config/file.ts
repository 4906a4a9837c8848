import type { Config } from "./types.ts";
import type { HostPort, TrustedPeer } from "../federation/types.ts";

interface ConsoleFile {
  readonly enabled: boolean;
  readonly edits: boolean;
}

/** The configuration file as schema.ts lets it through, defaults filled in. */
export interface ConfigFile {
  readonly localDomains: readonly string[];
  readonly insideNetworks: readonly string[];
  readonly insideCertificateNames: readonly string[];
  readonly trustedPeers: readonly TrustedPeer[];
  readonly inbound: { readonly unproven: "serve" | "refuse" };
  readonly sip: { readonly listeners: readonly HostPort[]; readonly advertised: readonly HostPort[] };
  readonly kubernetes: {
    readonly namespace?: string;
    readonly kubeconfig?: string;
    readonly installation: string;
  };
  readonly router: Config["router"];
  readonly discovery: Config["discovery"];
  readonly limits: Config["limits"];
  readonly nextHops: Config["nextHops"];
  readonly dialogs: Config["dialogs"];
  readonly xmpp: NonNullable<Config["xmpp"]> & { readonly enabled: boolean };
  readonly status: Config["status"];
  readonly admin: HostPort;
  readonly console: ConsoleFile;
  readonly monitoring?: HostPort;
  readonly tls?: { readonly directory: string; readonly caFile?: string };
  readonly log: Config["log"];
}
