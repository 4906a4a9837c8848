/** What the reason of a bounce says of the domain. `unreachable` is `notXmpp` that may soon be otherwise. */
export type Reason = "notXmpp" | "unreachable" | "untrusted" | "temporary";

/** Texts of Prosody 0.12 and 13, of the system, and of mod_federation_edge.lua. */
const REASONS: readonly (readonly [RegExp, Reason])[] = [
  // DNS says that there is nothing. Without any error in it Prosody says "unable to resolve service"
  [/^NXDomain in (A|AAAA) lookup$/i, "notXmpp"],
  [/^NoError in (A|AAAA) lookup$/i, "notXmpp"],
  [/^(unable to resolve service|service explicitly unavailable|hostname failed IDNA)$/, "notXmpp"],
  [/^zero SRV records found$/, "notXmpp"],
  [/^address not allowed$/, "notXmpp"],
  // Nobody listens, or it is no XMPP that is spoken there
  [/^connection refused$/i, "unreachable"],
  [/^(not-well-formed|invalid-namespace|Received invalid XML from remote server)$/, "unreachable"],
  [/^host-unknown( \(.*\))?$/s, "unreachable"],
  // XMPP without TLS, which Prosody asks for all the same, or with a certificate that proves nothing
  [/^Remote server's certificate /, "untrusted"],
  [
    /^(TLS negotiation failed|unsupported-stanza-type|Could not establish encrypted connection to remote server)$/,
    "untrusted",
  ],
];

/** Reads the reason of a bounce. Texts that are not known say nothing for sure. */
export function classifyReason(reason: string): Reason {
  return REASONS.find(([text]) => text.test(reason))?.[1] ?? "temporary";
}
