import type { ConditionType } from "../../src/api/names.ts";

type Meanings = Readonly<Partial<Record<ConditionType, string>>>;

const BOTH: Meanings = {
  Accepted:
    "The spec makes sense beside the other objects of the namespace. If not, `Stalled` is `True` too.",
  Programmed:
    "Every ready router replica routes by this generation. A replica that joins, lags or dies does not take it back. `False` with the reason `NotAccepted`: the object has no effect.",
  Ready:
    "`Accepted` and `Programmed`. Blocked and disabled objects are `Ready` too; reachability never lowers it.",
  Stalled: "The object needs a change by a person before it can become `Ready`.",
};

/** What `True` means, by kind and condition type. */
export const CONDITION_MEANINGS: Readonly<Record<string, Meanings>> = {
  StaticRoute: {
    ...BOTH,
    NextHopReachable:
      "The next hop answers probes of some replica. `False`: `NoAnswer`, `Unresolvable` where its name leads nowhere, or `TLSFailed` where no TLS connection to the right peer comes to be. It changes once a minute at most, and never influences `Ready`. Absent where no request goes by the route.",
    Throttled:
      "New domains are served without being remembered, because a limit on discovery bites (on open default routes); the message says which and how to lift it. It stays for five minutes, then it is absent.",
    XmppDiscovery:
      "Unknown domains are asked over XMPP before they take this route (on open default routes, where `xmpp.enabled`). `False`: `GatewayAway` while nobody can be asked, `CertificateInvalid` for ten minutes after a domain was asked that speaks XMPP with a certificate which is not valid for it; the message names it, and tells what becomes of its requests.",
  },
  FederatedDomain: {
    ...BOTH,
    Routed: "Requests for the domain are served, by the specs alone; the reason and the message say by what.",
    Throttled:
      "Limits for strangers bite on some replica; the message says which and how to lift them. It stays for five minutes after they did last, then it is absent.",
  },
};
