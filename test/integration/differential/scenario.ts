import type {
  DomainObject,
  FederationConfig,
  RouteObject,
  SipRequest,
} from "../../../src/federation/types.ts";
import type { Verdict } from "../../../src/router/types.ts";
import type { SipTransportName } from "../../support/sip/transport.ts";
import type { WrittenFrom, WrittenUri } from "./written-uri.ts";

/** What is in force and what happens then, act by act. */
export interface Scenario {
  readonly config: FederationConfig;
  readonly routes: readonly RouteObject[];
  readonly domains: readonly DomainObject[];
  readonly operator: OperatorRole;
  /** What the operator says of every unknown domain. */
  readonly verdict: Verdict;
  readonly acts: readonly Act[];
}

/**
 * `stays`: the one of the scenario before, so that entries of that one's table are changed and deleted; `starts`: one
 * that knows of no table before its own; `leaves`: nobody is there once the table is in force, nor are there edits.
 */
export type OperatorRole = "stays" | "starts" | "leaves";

/** Changes, and after they are in force requests, all at once. */
export interface Act {
  readonly edits: readonly Edit[];
  readonly requests: readonly (NewRequest | FollowUp)[];
}

export type Edit =
  | { readonly kind: "set route"; readonly route: RouteObject }
  | { readonly kind: "delete route"; readonly name: string }
  | { readonly kind: "set domain"; readonly domain: DomainObject }
  | { readonly kind: "delete domain"; readonly name: string };

/** An out-of-dialog request as it is written. */
export interface NewRequest {
  readonly kind: "new";
  readonly method: string;
  /** Address that it is sent from. */
  readonly source: string;
  readonly transport: SipTransportName;
  /** What its connection proves, canonical. */
  readonly certificateNames: readonly string[];
  readonly insideListener: boolean;
  /** It is the XMPP gateway's, at the listener for that. */
  readonly overXmpp: boolean;
  readonly requestUri: WrittenUri;
  readonly from: WrittenFrom;
  readonly to: WrittenFrom;
  readonly maxForwards: string;
  readonly routes: readonly string[];
  /** With the To tag of a dialog that does not exist. */
  readonly forgedTag: boolean;
}

/** A request inside a dialog that an earlier act opened; nothing where there is none. */
export interface FollowUp {
  readonly kind: "follow-up";
  /** Which dialog: modulo their number. */
  readonly dialog: number;
  readonly by: "caller" | "callee";
  readonly method: string;
  readonly expires: number | undefined;
  readonly subscriptionState: string | undefined;
}

/** What is asked of `decide`. */
export function meaningOf(written: NewRequest): SipRequest {
  const { method, source, certificateNames, insideListener, overXmpp, requestUri, from } = written;
  const request = { method, source, certificateNames, requestUri: requestUri.uri, from: from.uri };
  if (overXmpp) return { ...request, overXmpp };
  return insideListener ? { ...request, insideListener } : request;
}
