import fc from "fast-check";
import type { SipUri } from "../../../src/federation/types.ts";
import { sipUri, type World } from "../../support/arbitraries.ts";

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
const USERS = ["al%69ce", "alice;day=tue", "bob:secret", "+1234", "o'malley", "a.test"];
const PORTS = [5060, 5061, 1, 65_535];

/** Other schemes, and hosts that are none: RFC 3261 §25.1 allows no such host. */
const ODD: readonly WrittenUri[] = [
  { text: "tel:+1234", uri: { scheme: "tel", user: "+1234" } },
  { text: "TEL:1;phone-context=a.test", uri: { scheme: "tel", user: "1" } },
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
const STRANGE_HOSTS = ["127.1", "192.0.2.256", "2001:DB8::99", "a._b.test", `${"x".repeat(64)}.test`];

/** URIs that mean what `sipUri` generates, with everything around it that must not matter. */
export function writtenUri(world: World): fc.Arbitrary<WrittenUri> {
  const plain = fc.oneof(
    { weight: 19, arbitrary: sipUri(world) },
    { weight: 1, arbitrary: fc.constantFrom(...STRANGE_HOSTS).map((host) => ({ scheme: "sip", host })) },
  );
  const decoration = fc.record({
    user: sometimes(fc.constantFrom(...USERS)),
    port: sometimes(fc.constantFrom(...PORTS)),
    parameters: sometimes(fc.constantFrom(...PARAMETERS)),
    upperScheme: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  });
  return fc.tuple(plain, decoration).map(([uri, { user, port, parameters = "", upperScheme }]) => {
    const written: SipUri = {
      ...uri,
      ...(user !== undefined && { user }),
      ...(port !== undefined && { port }),
    };
    const scheme = upperScheme ? uri.scheme.toUpperCase() : uri.scheme;
    const userinfo = written.user === undefined ? "" : `${written.user}@`;
    const host = uri.host?.includes(":") ? `[${uri.host}]` : (uri.host ?? "");
    const hostport = `${host}${port === undefined ? "" : `:${port}`}`;
    return { text: `${scheme}:${userinfo}${hostport}${parameters}`, uri: written };
  });
}

export function writtenRequestUri(world: World): fc.Arbitrary<WrittenUri> {
  return fc.oneof(
    { weight: 19, arbitrary: writtenUri(world) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD) },
  );
}

export function writtenFrom(world: World): fc.Arbitrary<WrittenFrom> {
  const form = fc.constantFrom<(uri: string) => string>(
    (uri) => `<${uri}>`,
    (uri) => `"sip:mallory@b.test, <x>" <${uri}>;x=y`,
    (uri) => (/[;,?]/.test(uri) ? `Alice <${uri}>` : uri),
  );
  return fc
    .tuple(writtenRequestUri(world), form)
    .map(([{ text, uri }, write]) => ({ text: write(text), uri }));
}

function sometimes<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 3 });
}
