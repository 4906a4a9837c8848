/** The section `xmpp` of schema.ts. */
import { port, section } from "./schema-parts.ts";

export const xmpp = section({
  enabled: {
    type: "boolean",
    default: false,
    description:
      "Whether there is an XMPP gateway: unknown domains are asked over XMPP first, and XMPP domains are served by it.",
  },
  componentHost: {
    type: "string",
    canonical: "loopback",
    default: "127.0.0.1",
    description: "Loopback address where Prosody takes components (XEP-0114).",
  },
  componentPort: port("TCP port of the same.", 5347),
  componentSecretFile: {
    type: "string",
    minLength: 1,
    default: "/var/run/sip-federation/xmpp-component-secret",
    description: "File with the secret that Prosody and the operator share.",
  },
  sipPort: port("TCP port on loopback where the operator takes from the router what is for XMPP.", 8066),
  routerSipPort: port("TCP port on loopback where the router takes what comes from XMPP.", 8067),
  timeoutSeconds: {
    type: "number",
    minimum: 0.1,
    maximum: 30,
    default: 2,
    description:
      "How long a domain is waited for, in seconds; at most 0.1 less than `discovery.timeoutSeconds`, for what was found has to reach the router before. Silence counts as no.",
  },
  maxQuestions: {
    type: "integer",
    minimum: 1,
    maximum: 10_000,
    default: 100,
    description: "Domains that are asked at once. Beyond it a domain is taken for one that does not answer.",
  },
  downgradeToSip: {
    type: "boolean",
    default: false,
    description:
      "Whether a domain that speaks XMPP with a certificate that is not valid for it may be reached over SIP. If not, it is refused with 403.",
  },
  askReserved: {
    type: "array",
    default: [],
    items: { type: "string", canonical: "domain" },
    description:
      "Domains to ask although their names are reserved (RFC 6761), such as `test`; the names below them are meant too.",
  },
  messageTimeoutSeconds: {
    type: "number",
    minimum: 1,
    maximum: 12,
    default: 10,
    description:
      "How long a MESSAGE waits for the server of an XMPP user, in seconds. Then it is answered with 504.",
  },
  maxSubscriptions: {
    type: "integer",
    minimum: 0,
    maximum: 8_000,
    default: 8_000,
    description:
      "Presence subscriptions between SIP and XMPP users, at most: as many as the Secret holds by which they survive a restart.",
  },
});
