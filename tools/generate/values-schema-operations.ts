/** The schema of those values that say how the pods live beside others, and how they are seen. */
import { flag, free, integer, list, object, text, type Schema } from "./schema-parts.ts";

export const podDisruptionBudget = object(
  "How many pods may be evicted at a time. There with two replicas or more.",
  {
    enabled: flag("Whether there is one."),
    maxUnavailable: {
      type: ["integer", "string"],
      description: "Pods, a number or a percentage.",
      pattern: "^[0-9]+%$",
      minimum: 1,
    },
  },
);

const peers = (whom: string): Schema => list(`NetworkPolicyPeers: ${whom}`, { type: "object" });

export const networkPolicy = object("Who may reach the pods, and whom they may reach.", {
  enabled: flag("Whether there is one."),
  outside: object("SIP of the outside.", { from: peers("partners and SBCs. Empty: everybody.") }),
  inside: object("SIP of the inside.", {
    from: peers("your own SIP platform, where config.insideNetworks does not name it."),
  }),
  xmpp: object("Servers of XMPP domains.", { from: peers("Empty: everybody.") }),
  monitoring: object("Metrics and health.", { from: peers("Prometheus. Empty: every pod of the cluster.") }),
  egress: object("What the pods may reach.", {
    restricted: flag(
      "DNS, the API server, and any address for SIP and XMPP but config.dialogs.refusedNetworks.",
    ),
    dns: peers("the DNS servers. Empty: any, on port 53."),
    apiServer: peers("the API server. Empty: any."),
    apiServerPorts: list("Ports of the API server.", integer("A port.", 1, 65535)),
    to: peers("next hops in the cluster."),
  }),
});

export const hostNetwork = object(
  "The network of the node instead of one of the pod. See docs/how-to/expose.md.",
  {
    enabled: flag("Whether pods are in it. Not with inside.enabled, nor with xmpp.enabled."),
    dedicatedNodes: flag("That nothing else runs on these nodes: whoever does could program the router."),
  },
);

export const monitoring = object("What Prometheus and Grafana need. See docs/monitoring.md.", {
  serviceMonitor: object("A ServiceMonitor (Prometheus Operator).", {
    enabled: flag("Whether there is one."),
    labels: free("Labels by which Prometheus selects it."),
    interval: text("Between two scrapes."),
  }),
  prometheusRule: object("A PrometheusRule with the alerts (Prometheus Operator).", {
    enabled: flag("Whether there is one."),
    labels: free("Labels by which Prometheus selects it."),
    without: list("Names of alerts that are left out.", { type: "string" }),
  }),
  dashboard: object("A ConfigMap with the Grafana dashboard.", {
    enabled: flag("Whether there is one. One in a cluster is enough."),
    labels: free("Labels by which the sidecar of Grafana finds it."),
    annotations: free("Annotations, such as the folder."),
  }),
});
