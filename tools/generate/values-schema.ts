/** The schema of the chart's values. What is below `config` comes from the schema of the configuration file. */
import { xmpp } from "../../src/config/schema-xmpp.ts";
import { configSchema } from "../../src/config/schema.ts";
import { flag, free, integer, list, object, oneOf, optional, text, type Schema } from "./schema-parts.ts";
import { hostNetwork, monitoring, networkPolicy, podDisruptionBudget } from "./values-schema-operations.ts";

export const valuesSchemaPath = "charts/sip-federation/values.schema.json";

/** The keys of the configuration that a person sets; the chart itself sets the others. */
const SETTINGS = [
  "localDomains",
  "insideNetworks",
  "insideCertificateNames",
  "trustedPeers",
  "inbound",
  "discovery",
  "limits",
  "xmpp",
  "nextHops",
  "dialogs",
  "status",
  "log",
] as const;

/** Of these keys of the section `xmpp`, the chart sets all. */
const SET_BY_THE_CHART = new Set([
  "enabled",
  "componentHost",
  "componentPort",
  "componentSecretFile",
  "sipPort",
  "routerSipPort",
]);

/** Labels of any script, a trailing dot allowed. */
const DOMAIN = "^[^.\\s/:@*]+([.][^.\\s/:@*]+)*[.]?$";

/**
 * What is plainly wrong is refused before there are pods. `canonical` is a keyword of ours, which Helm does not know; the
 * operator checks the rest.
 */
const PATTERNS: Readonly<Record<string, string>> = {
  domain: DOMAIN,
  assertedDomain: `^[*]$|${DOMAIN}`,
  network: "^[0-9A-Fa-f.:]+/([1-9]|[1-9][0-9]|1[0-2][0-9])$",
  nameServer: "^[0-9A-Fa-f.:\\[\\]]+$",
};

/** The schema as JSON text. */
export function renderValuesSchema(): string {
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of the sip-federation chart",
    ...object("", VALUES),
    required: ["config"],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

const image = (what: string): Schema =>
  object(`Image of the ${what}.`, {
    repository: text("Registry and name."),
    tag: text("Empty: the chart's appVersion."),
  });

const resources = free("Requests and limits of the container.");

function sipService(description: string, more: Record<string, Schema> = {}): Schema {
  const family = (name: string, pattern: string): Schema => ({
    type: "string",
    pattern,
    description: `Name or ${name} address in Record-Route. Empty: the address of the pod.`,
  });
  return object(description, {
    ...more,
    advertise: object("Where peers reach this side, as Record-Route says it. Stable across pods.", {
      ipv4: family("IPv4", "^[A-Za-z0-9._-]*$"),
      ipv6: family("IPv6", "^[A-Za-z0-9.:_-]*$"),
      port: optional(integer("Empty: the port of the Service.", 1, 65535)),
      tlsPort: optional(integer("Empty: the TLS port of the Service.", 1, 65535)),
    }),
    service: service("The Service: UDP, TCP, and TLS where there is a certificate.", {
      tlsPort: integer("Port of the Service for TLS.", 1, 65535),
      separateUdp: flag("UDP has a Service of its own, for load balancers that do not mix protocols."),
    }),
  });
}

function service(description: string, more: Record<string, Schema> = {}): Schema {
  return object(description, {
    type: oneOf("Kind of Service.", "ClusterIP", "NodePort", "LoadBalancer"),
    port: integer("Port of the Service.", 1, 65535),
    ...more,
    externalTrafficPolicy: oneOf("`Local` keeps the source address.", "Local", "Cluster"),
    annotations: free("Annotations, such as those that load balancers read."),
    nodePort: optional(integer("Fixed port on the nodes.", 1, 65535)),
    loadBalancerClass: optional(text("Which load balancer.")),
    loadBalancerSourceRanges: list("Networks (CIDR) that may come in.", { type: "string" }),
  });
}

const authorities = object("The authorities whose certificates count.", {
  configMapName: text("A ConfigMap that holds them. Empty: ca.crt of the Secret does."),
  key: text("Its key, PEM."),
});

const VALUES: Record<string, Schema> = {
  replicas: integer("Pods, each with a SIP router of its own.", 1),
  images: object("Images of the containers.", {
    operator: image("operator"),
    router: image("SIP router"),
    xmppGateway: image("XMPP gateway"),
    pullPolicy: oneOf("When to pull.", "Always", "IfNotPresent", "Never"),
    pullSecrets: list("Names of Secrets to pull with.", object("", { name: text("Name of the Secret.") })),
  }),
  config: {
    ...object("The operator's configuration, see docs/configuration.md.", settings()),
    required: ["localDomains"],
  },
  tls: object("SIP over TLS.", {
    secretName: text("A Secret of type kubernetes.io/tls. Empty: no TLS."),
    authorities,
  }),
  xmpp: object("The XMPP gateway: Prosody, and what the operator carries over it. See docs/xmpp.md.", {
    enabled: flag("Whether pods have one. It needs one replica."),
    tls: object("The certificate that other servers see.", {
      secretName: text("A Secret of type kubernetes.io/tls for the local domains. Empty: tls.secretName."),
      authorities,
    }),
    dnsServers: list("DNS servers, as address or address@port. Empty: those of the pod.", {
      type: "string",
      pattern: "^[0-9A-Fa-f.:]+(@[0-9]+)?$",
    }),
    allowedNetworks: list("Private networks (CIDR) where other domains may have their servers.", {
      type: "string",
      pattern: PATTERNS.network,
    }),
    maxConnections: integer("Connections that other servers may have to it at a time.", 1),
    maxConnectionsPerSource: integer("How many of these one address, or one IPv6 /64, may take.", 1),
    logLevel: oneOf("What Prosody logs.", "error", "warn", "info", "debug"),
    service: service("The Service that servers of other domains reach, TCP."),
    resources,
  }),
  outside: sipService("The side of everybody else."),
  inside: sipService("The side of the organisation's own SIP platform.", {
    enabled: flag("Whether pods have a listener that counts as inside."),
  }),
  ipFamilyPolicy: oneOf("For all Services.", "SingleStack", "PreferDualStack", "RequireDualStack"),
  router: object("The SIP router.", {
    workers: integer("SIP workers of each kind (UDP, TCP).", 1, 64),
    sharedMemoryMiB: integer("Memory that the workers share.", 64),
    maxConnections: integer("TCP connections that are accepted. 0: 4 for each MiB of shared memory.", 0),
    maxConnectionsPerSource: integer("How many of these one address may take.", 1),
    logLevel: oneOf("What the router logs.", "alert", "error", "debug"),
    drainSeconds: integer("How long a pod that goes away still serves.", 0, 3600),
    resources,
  }),
  operator: object("The operator.", { resources }),
  console: object("The web console on the admin listener of every pod. See docs/console.md.", {
    enabled: {
      type: "boolean",
      description:
        "Whether there is one. Binds the ClusterRole system:auth-delegator, by which the operator asks who looks.",
    },
    edits: {
      type: "boolean",
      description: "Whether objects can be changed there, with the token of who looks.",
    },
  }),
  serviceAccount: object("What the operator is to the API server.", {
    name: text("An existing ServiceAccount. Empty: the chart creates one."),
    annotations: free("Annotations of the one that the chart creates."),
  }),
  podAnnotations: free("Annotations of every pod."),
  podLabels: free("Labels of every pod."),
  nodeSelector: free("Nodes to run on."),
  tolerations: list("Taints to tolerate.", { type: "object" }),
  affinity: free("Affinity of the pods."),
  priorityClassName: text("Priority of the pods."),
  topologySpreadConstraints: optional(
    list("How pods spread. Empty: over nodes and zones where it can be; [] not at all.", { type: "object" }),
  ),
  podDisruptionBudget,
  networkPolicy,
  hostNetwork,
  monitoring,
  tests: object("What `helm test` runs.", {
    resources,
  }),
  nameOverride: text("Instead of the chart's name."),
  fullnameOverride: text("Instead of the release's and the chart's name."),
  global: free("Helm's own: shared with other charts."),
};

function settings(): Record<string, Schema> {
  const { properties } = configSchema;
  const schemaOf = (key: (typeof SETTINGS)[number]): object =>
    key === "xmpp" ? xmppSettings() : (properties[key] ?? {});
  return Object.fromEntries(SETTINGS.map((key) => [key, withoutForms(schemaOf(key))]));
}

function xmppSettings(): object {
  const left = Object.entries(xmpp.properties).filter(([key]) => !SET_BY_THE_CHART.has(key));
  return { ...configSchema.properties.xmpp, properties: Object.fromEntries(left) };
}

function withoutForms(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("told" in value) return { ...value, told: undefined };
    if (!("canonical" in value)) return value;
    const { canonical, ...rest } = value;
    const pattern = PATTERNS[String(canonical)];
    return { ...rest, ...(pattern !== undefined && { pattern }) };
  }) as Schema;
}
