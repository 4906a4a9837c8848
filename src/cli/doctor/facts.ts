import type { Condition, StaticRoute } from "../../api/types.ts";
import type { Told } from "./types.ts";

/** Everything that the checks of an installation are told from. */
export interface Facts {
  readonly namespace: string;
  /** When it was looked at, by the clock here. */
  readonly now: Date;
  readonly api: Told<ApiFacts>;
  readonly definitions: Told<Definitions>;
  readonly pods: Told<readonly PodFacts[]>;
  readonly leases: Told<readonly LeaseFacts[]>;
  readonly rights: Told<readonly ReviewedRight[]>;
  readonly settings: Told<Settings> | undefined;
  readonly routes: Told<readonly StaticRoute[]>;
  readonly domains: Told<DomainFacts>;
  /** This program's own. */
  readonly version: string;
}

export interface ApiFacts {
  readonly server: string;
  /** `v1.36.3` */
  readonly version: string;
  /** How far the API server's clock is ahead of the one here, in milliseconds; it tells whole seconds. */
  readonly ahead: number | undefined;
  /** Of that, milliseconds that the network may account for. */
  readonly doubt: number;
}

/** The definitions as the API server serves them. */
export interface Definitions {
  /** Versions of the group that are served; none: it is not installed. */
  readonly versions: readonly string[];
  /** Fields of the spec, by kind; a kind that is not installed is absent. Undefined where the schema cannot be read. */
  readonly fields: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface PodFacts {
  readonly name: string;
  readonly ready: boolean;
  /** It is being deleted. */
  readonly leaving: boolean;
  readonly serviceAccount: string;
  readonly containers: readonly ContainerFacts[];
  /** Why no node takes it. */
  readonly unschedulable: string | undefined;
  /** Name of the ConfigMap with the configuration file. */
  readonly configMap: string | undefined;
  readonly operator: Told<OperatorFacts>;
}

export interface ContainerFacts {
  readonly name: string;
  readonly image: string;
  readonly restarts: number;
  /** Why it does not run, in the word of the kubelet: CrashLoopBackOff, ImagePullBackOff and the like. */
  readonly waiting: string | undefined;
  /** How it ended the last time, and when. */
  readonly ended: { readonly reason: string; readonly at: Date } | undefined;
}

/** What an operator says of itself and of its router. */
export interface OperatorFacts {
  /** Why the pod is not ready; undefined where it is. */
  readonly unready: string | undefined;
  /** By name, and the labels in braces where there are any: `sip_router_up`, `leader_election_master_status{name="x"}`. */
  readonly metrics: ReadonlyMap<string, number>;
}

export interface LeaseFacts {
  readonly name: string;
  /** The installation whose replica it is of; undefined: it is not of a replica. */
  readonly replicaOf: string | undefined;
  /** The installation that the namespace belongs to, on the Lease of the leader. */
  readonly installation: string | undefined;
  readonly holder: string;
  /** How long ago it was renewed, in milliseconds: the clock of its pod against that of the API server. */
  readonly age: number | undefined;
}

/** Something that the operator has to be allowed. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
}

export interface ReviewedRight {
  readonly right: Right;
  readonly allowed: boolean;
}

/** What is used here of the configuration file. */
export interface Settings {
  readonly localDomains: readonly string[];
  readonly xmpp: boolean;
}

/** FederatedDomains, of which there may be very many. */
export interface DomainFacts {
  readonly total: number;
  readonly overXmpp: number;
  /** Those with something to tell. */
  readonly remarkable: readonly RemarkableDomain[];
}

export interface RemarkableDomain {
  readonly name: string;
  readonly conditions: readonly Condition[];
}
