import fc from "fast-check";
import type { SipUri } from "../../../src/federation/types.ts";
import { sipUri, type World } from "../../support/arbitraries.ts";
import { usually } from "./usually.ts";

/** A URI as somebody writes it, with what it means. */
export interface WrittenUri {
  readonly text: string;
  readonly uri: SipUri;
}

/** A From value without its tag; `uri` is undefined where no URI can be read from it. */
export interface WrittenFrom {
  readonly text: string;
  readonly uri: SipUri | undefined;
}

const PARAMETERS = [
  ";transport=tcp",
  ";maddr=127.0.0.1",
  ";transport=UDP;ttl=1",
  ";lr",
  ";user=phone",
  ";foo=b%61r",
];
const USERS = [
  "al%69ce",
  "alice;day=tue",
  "alice:secret",
  "%2B1234",
  "+12",
  "o'malley",
  "a.test",
  "a*c",
  "%00",
  "al%zz",
];
const PORTS = [5060, 5061, 1, 65_535];

/** Other schemes, and hosts that are none: RFC 3261 §25.1 allows no such host. */
const ODD: readonly WrittenUri[] = [
  { text: "tel:+1-2(3)4", uri: { scheme: "tel", user: "+1-2(3)4" } },
  { text: "TEL:1234;phone-context=a.test", uri: { scheme: "tel", user: "1234;phone-context=a.test" } },
  { text: "tels:+1234", uri: { scheme: "tels" } },
  { text: "urn:service:sos", uri: { scheme: "urn" } },
  { text: "http://a.test/", uri: { scheme: "http" } },
  { text: "xmpp:alice@a.test", uri: { scheme: "xmpp" } },
  ...["a..test", ".a.test", "a%2etest", "a.test..", "a*b.test", "[zz]", "a,b.test"].map((host) => ({
    text: `sip:alice@${host}`,
    uri: { scheme: "sip", user: "alice", host },
  })),
];

/** Hosts that look like something else, and names that no API object can have. */
const STRANGE = ["127.1", "192.0.2.256", "2001:DB8::99", "a._b.test", `${"x".repeat(64)}.test`].map(
  (host): SipUri => ({ scheme: "sip", host }),
);

/** URIs as `sipUri` generates them, nearly all of them sip:, at hosts of a kind. */
export function atHost(world: World, host: fc.Arbitrary<string>): fc.Arbitrary<SipUri> {
  const spelled = fc
    .tuple(host, usually(false, true), usually("", "."))
    .map(([name, upper, dot]) => `${upper ? name.toUpperCase() : name}${dot}`);
  return fc
    .tuple(sipUri(world), usually("sip", "sips"), spelled)
    .map(([uri, scheme, name]) => ({ ...uri, scheme, host: name }));
}

/** The same URIs with everything around them that must not matter, and rarely something else. */
export function writtenRequestUri(uris: fc.Arbitrary<SipUri>): fc.Arbitrary<WrittenUri> {
  return fc.oneof(
    { weight: 18, arbitrary: decorated(uris) },
    { weight: 1, arbitrary: decorated(fc.constantFrom(...STRANGE)) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD) },
  );
}

export function writtenFrom(uris: fc.Arbitrary<SipUri>): fc.Arbitrary<WrittenFrom> {
  const form = usually<(uri: string) => string>(
    (uri) => `<${uri}>`,
    (uri) => `"sip:mallory@b.test, <x>" <${uri}>;x=y`,
    (uri) => (/[;,?]/.test(uri) ? `Alice <${uri}>` : uri),
  );
  return fc
    .tuple(writtenRequestUri(uris), form)
    .map(([{ text, uri }, write]) => ({ text: write(text), uri }));
}

function decorated(uris: fc.Arbitrary<SipUri>): fc.Arbitrary<WrittenUri> {
  const decoration = fc.record({
    user: usually(undefined, ...USERS),
    port: usually(undefined, ...PORTS),
    parameters: usually("", ...PARAMETERS),
    upperScheme: usually(false, true),
  });
  return fc.tuple(uris, decoration).map(([uri, { user, port, parameters, upperScheme }]) => {
    const meant = { ...uri, ...(user !== undefined && { user }), ...(port !== undefined && { port }) };
    const scheme = upperScheme ? uri.scheme.toUpperCase() : uri.scheme;
    return { text: `${scheme}:${addressOf(meant)}${parameters}`, uri: meant };
  });
}

function addressOf({ user, host = "", port }: SipUri): string {
  const userinfo = user === undefined ? "" : `${user}@`;
  const hostname = host.includes(":") ? `[${host}]` : host;
  return `${userinfo}${hostname}${port === undefined ? "" : `:${port}`}`;
}
