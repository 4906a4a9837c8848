import type { FederationConfig, HostPort, StrangerLimits } from "../federation/types.ts";

/** The settings as the rooms use them: checked, canonical, complete. */
export interface Config {
  readonly federation: FederationConfig;
  readonly kubernetes: KubernetesConfig;
  readonly router: RouterConfig;
  readonly discovery: DiscoveryConfig;
  readonly limits: StrangerLimits;
  readonly nextHops: NextHopsConfig;
  readonly dialogs: DialogsConfig;
  /** Undefined where there is no XMPP gateway. */
  readonly xmpp: XmppConfig | undefined;
  readonly status: StatusConfig;
  /** Where every admin path is served, `/explain` and the console too. */
  readonly admin: HostPort;
  /** Undefined where there is no web console. */
  readonly console: ConsoleConfig | undefined;
  /** Where health and metrics alone are served; undefined where `admin` is enough. */
  readonly monitoring: HostPort | undefined;
  /** Undefined where TLS is not spoken. */
  readonly tls: TlsConfig | undefined;
  readonly log: LogConfig;
}

/** Files by which the router speaks TLS. */
export interface TlsConfig {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

export interface KubernetesConfig {
  /** The one namespace that this installation serves. */
  readonly namespace: string;
  /** File to connect by; undefined: the service account of the pod, or the default kubeconfig outside of one. */
  readonly kubeconfig: string | undefined;
  /** Names the Leases; a second installation in the same namespace differs in it. */
  readonly installation: string;
  readonly pod: PodIdentity;
}

export interface PodIdentity {
  readonly name: string;
  /** Undefined outside a pod: then nothing owns the Lease of this replica. */
  readonly uid: string | undefined;
}

/** Where the SIP router of this pod is controlled. */
export interface RouterConfig {
  /** Loopback address of the ports. */
  readonly host: string;
  readonly controlPort: number;
  readonly rpcPort: number;
  readonly eventPort: number;
  /** Shared with the router, which loads its table from there when it starts. */
  readonly snapshotDirectory: string;
}

export interface DiscoveryConfig {
  /** 0.1–30. */
  readonly timeoutSeconds: number;
  /** Unknown domains asked about at once, 1–100,000. */
  readonly maxQuestions: number;
  /** New domains a second; 0 means no limit. */
  readonly ratePerSecond: number;
  /** New domains at once, above the rate. */
  readonly burst: number;
  /** 0 means no limit. */
  readonly maxLimitedDomains: number;
}

export interface NextHopsConfig {
  /** 1–3600. */
  readonly probeIntervalSeconds: number;
  /** 0.1–20, at most as long as the interval. */
  readonly probeTimeoutSeconds: number;
  /** Empty: those of the system. */
  readonly dnsServers: readonly string[];
}

export interface DialogsConfig {
  /** 1–365. */
  readonly lifetimeDays: number;
  /** 0–3650; 0 means never. */
  readonly keyRotationDays: number;
  /** CIDRs, with those that are always refused. */
  readonly refusedNetworks: readonly string[];
  /** CIDRs. */
  readonly allowedNetworks: readonly string[];
}

export interface XmppConfig {
  /** Loopback address. */
  readonly componentHost: string;
  readonly componentPort: number;
  readonly componentSecretFile: string;
  /** Of the operator, for the router; on loopback. */
  readonly sipPort: number;
  /** Of the router, for the operator; on loopback. */
  readonly routerSipPort: number;
  /** 0.1–30. */
  readonly timeoutSeconds: number;
  /** 1–10,000. */
  readonly maxQuestions: number;
  readonly downgradeToSip: boolean;
  /** Domains, canonical; those below them are meant too. */
  readonly askReserved: readonly string[];
  /** 1–12: the router waits no longer than 15 seconds. */
  readonly messageTimeoutSeconds: number;
  /** 0–8,000. */
  readonly maxSubscriptions: number;
}

export interface ConsoleConfig {
  /** Objects can be changed there. */
  readonly edits: boolean;
}

export interface StatusConfig {
  /** 0–1000; 0 means no limit. */
  readonly writesPerSecond: number;
}

export interface LogConfig {
  readonly level: "debug" | "info" | "warn" | "error";
}
