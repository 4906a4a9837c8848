/**
 * The schema of the configuration file. The one source of its keys, defaults and documentation:
 * docs/configuration.md is generated from it. `canonical` is our own keyword, see canonical.ts.
 */
import { webConsole } from "./schema-console.ts";
import { dialogs } from "./schema-dialogs.ts";
import { xmpp } from "./schema-xmpp.ts";
import { address, certificateNames, listener, port, section } from "./schema-parts.ts";

const trustedPeer = section(
  {
    sources: {
      type: "array",
      default: [],
      maxItems: 32,
      items: { type: "string", canonical: "network" },
      description: "Networks (CIDR) that the peer sends from. It is told by them or by its certificate.",
    },
    certificateNames: certificateNames("its certificate"),
    domains: {
      type: "array",
      minItems: 1,
      items: { type: "string", canonical: "assertedDomain" },
      description: 'Domains that the peer may assert in From; `["*"]` means every domain.',
    },
  },
  ["domains"],
);

const inbound = section({
  unproven: {
    type: "string",
    enum: ["serve", "refuse"],
    default: "serve",
    description:
      "Requests from the outside whose domain nothing proves: `serve` lets them in, uncached; `refuse` answers 403.",
  },
});

const sip = section({
  listeners: {
    type: "array",
    items: address,
    default: [{ host: "0.0.0.0", port: 5060 }],
    description: "Where the SIP router of this pod listens. A next hop must not be one of them.",
  },
  advertised: {
    type: "array",
    items: address,
    default: [],
    description:
      "Stable addresses at which peers reach this system: Services, load balancers, DNS names. A next hop must not be one of them.",
  },
});

const kubernetes = section({
  namespace: {
    type: "string",
    pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
    description: "The namespace to serve. In a pod the default is the pod's own (`POD_NAMESPACE`).",
  },
  kubeconfig: {
    type: "string",
    minLength: 1,
    description: "Kubeconfig file, to run outside a cluster. In a pod the default is its service account.",
  },
  installation: {
    type: "string",
    pattern: "^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$",
    default: "sip-federation",
    description:
      "Name of this installation, the same for all its replicas. A namespace belongs to one of them.",
  },
});

const router = section({
  host: {
    type: "string",
    canonical: "loopback",
    default: "127.0.0.1",
    description: "Loopback address of the three control ports.",
  },
  controlPort: port("TCP port of the router's HTTP control listener.", 8061),
  rpcPort: port("UDP port of the router's JSON-RPC.", 8062),
  eventPort: port("TCP port of the router's event stream.", 8063),
  snapshotDirectory: {
    type: "string",
    minLength: 1,
    default: "/var/lib/sip-federation",
    description:
      "Directory shared with the router. It starts from the routing table that was last written there.",
  },
});

const discovery = section({
  // The least leaves 0.1 s to ask a domain over XMPP: another 0.1 s is for the way of the verdict
  timeoutSeconds: {
    type: "number",
    minimum: 0.2,
    maximum: 30,
    default: 2,
    description: "How long a request to an unknown domain may be held, in seconds.",
  },
  maxQuestions: {
    type: "integer",
    minimum: 1,
    maximum: 100_000,
    default: 5000,
    description:
      "Unknown domains that requests may be held for at once. Beyond it the default route serves them without caching.",
  },
  ratePerSecond: {
    type: "number",
    minimum: 0,
    default: 10,
    description: "New domains a second; 0 is no limit. Beyond it a domain is served without being cached.",
  },
  burst: {
    type: "integer",
    minimum: 1,
    default: 100,
    description: "New domains that may come at once, above the rate.",
  },
  maxLimitedDomains: {
    type: "integer",
    minimum: 0,
    default: 20_000,
    description: "Discovered domains that nobody has adopted (`trust: Limited`), at most; 0 is no limit.",
  },
});

const count = (preset: number, description: string, minimum = 0) => ({
  type: "integer",
  minimum,
  maximum: 1_000_000,
  default: preset,
  description,
});

const limits = section({
  requestsPerSecond: count(20, "Requests of one stranger a second; 0 is no limit."),
  recipientsPerDay: count(1000, "Different recipients of one stranger in a sliding day; 0 is no limit."),
  failingPercent: {
    ...count(
      80,
      "A stranger is slowed down when at least so many of its requests, in percent, are answered with 4xx, 5xx or 6xx other than 401, 407, 486 and 487 within ten minutes; 0 is never.",
    ),
    maximum: 100,
  },
  failingAnswers: count(20, "Answers within ten minutes that it takes to tell.", 1),
  failingRequestsPerSecond: count(1, "Requests a second of a stranger that is slowed down.", 1),
  unprovenPerSecond: count(
    200,
    "Requests a second, of all sources together, whose domain is neither known nor proven; 0 is no limit.",
  ),
  floodPerSecond: count(
    500,
    "Messages of one source a second, answers apart, beyond which the router drops them unread and closes their TCP connections. It never does that to the inside, to trusted peers, and to sources that prove an adopted domain; 0 is no limit.",
  ),
});

const nextHops = section({
  probeIntervalSeconds: {
    type: "number",
    minimum: 1,
    maximum: 3600,
    default: 10,
    description: "Every next hop is asked by OPTIONS whether it is there, once in so many seconds.",
  },
  probeTimeoutSeconds: {
    type: "number",
    minimum: 0.1,
    maximum: 20,
    default: 2,
    description:
      "Silence after which a probe counts as failed, in seconds. After three in a row a next hop is passed over.",
  },
  dnsServers: {
    type: "array",
    default: [],
    items: { type: "string", canonical: "nameServer" },
    description:
      "DNS servers that resolve next hops, as `10.0.0.10`, `10.0.0.10:5353` or `[2001:db8::1]:5353`; those of the pod where the list is empty.",
  },
});

const status = section({
  writesPerSecond: {
    type: "integer",
    minimum: 0,
    maximum: 1000,
    default: 50,
    description:
      "Status writes a second, at most, so that one change never floods the API server; 0 is no limit.",
  },
});

const tls = {
  ...section(
    {
      directory: {
        type: "string",
        minLength: 1,
        description:
          "Directory with `tls.crt` and `tls.key`, as of a Secret of type kubernetes.io/tls. It is looked at all the time: the router takes what is new there without a restart.",
      },
      caFile: {
        type: "string",
        minLength: 1,
        description:
          "Certificates of the authorities whose signature counts (PEM); `ca.crt` in that directory unless told.",
      },
    },
    ["directory"],
  ),
  description:
    "SIP over TLS, of which the router has the same files. Without this key there is none, and routes over TLS are not accepted.",
};

const log = section({
  level: {
    type: "string",
    enum: ["debug", "info", "warn", "error"],
    default: "info",
    description: "The least severe messages that are logged.",
  },
});

export const configSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Configuration of the operator",
  ...section(
    {
      localDomains: {
        type: "array",
        minItems: 1,
        items: { type: "string", canonical: "domain" },
        description: "Domains that the inside serves. Every other domain is external.",
      },
      insideNetworks: {
        type: "array",
        default: [],
        items: { type: "string", canonical: "network" },
        description:
          "Networks (CIDR) whose traffic is the organisation's own SIP platform. `0.0.0.0/0` and `::/0` are refused.",
      },
      insideCertificateNames: certificateNames("certificates of the organisation's own SIP platform"),
      trustedPeers: {
        type: "array",
        default: [],
        items: { ...trustedPeer, told: true },
        description: "Outside peers, such as an SBC, that may assert domains without a proof of their own.",
      },
      inbound: { ...inbound, default: {}, description: "Requests from the outside." },
      sip: { ...sip, default: {}, description: "This system's own SIP addresses." },
      kubernetes: {
        ...kubernetes,
        default: {},
        description: "Which API server, which namespace, which name.",
      },
      router: { ...router, default: {}, description: "How the operator reaches the SIP router of its pod." },
      discovery: {
        ...discovery,
        default: {},
        description: "Limits on discovering new domains. Per replica.",
      },
      limits: {
        ...limits,
        default: {},
        description:
          "Limits for strangers: requests from the outside that nothing proves, or whose domain nobody has adopted (`trust: Full`). Counted by domain where it is proven, else by source address (IPv6: the first 64 bits). Beyond a limit the answer is 480 with Retry-After. Per replica.",
      },
      nextHops: { ...nextHops, default: {}, description: "Finding and probing next hops." },
      dialogs: { ...dialogs, default: {}, description: "Requests inside dialogs." },
      xmpp: { ...xmpp, default: {}, description: "The XMPP gateway of this pod." },
      status: { ...status, default: {}, description: "Writing conditions back to Kubernetes." },
      admin: {
        ...listener(
          "Listener for everything: health, metrics, `/explain`, and the web console. On another address than loopback `/explain` needs a bearer token of somebody who may list FederatedDomains here, and `/metrics` one of somebody who may `get` the non-resource URL `/metrics`.",
          "127.0.0.1",
          8064,
        ),
        default: {},
      },
      console: { ...webConsole, default: {}, description: "The web console." },
      monitoring: listener(
        "Listener for health and metrics alone, for the kubelet and Prometheus; without this key there is none. On another address than loopback `/metrics` needs a bearer token whose user may `get` the non-resource URL `/metrics`.",
        "::",
        8065,
      ),
      tls,
      log: { ...log, default: {}, description: "Logging." },
    },
    ["localDomains"],
  ),
} as const;
