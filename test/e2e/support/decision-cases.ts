/**
 * The decision table of docs/concepts.md as cases. An expectation says which row explains it and what the sender and
 * the next hops see; `cached` that the domain is known from then on. `#` in an address stands for a label that only
 * one run of the case has, ROUTER for the router's own address.
 */
import type { Call } from "./party.ts";

export interface Case extends Call {
  readonly what: string;
  readonly closed: string;
  /** The same as while closed unless told. */
  readonly open?: string;
}

const INVITE = { method: "INVITE" };
const OPTIONS = { method: "OPTIONS" };

/** Requests from the inside. */
export const outbound: readonly Case[] = [
  { what: "OPTIONS to our own address", ...OPTIONS, to: "sip:ROUTER", closed: "row 0: 200" },
  { what: "OPTIONS to a local domain", ...OPTIONS, to: "sip:example.com", closed: "row 0: 200" },
  { what: "to a user at our own address", to: "carol@ROUTER", closed: "row 0: 404" },
  { what: "CANCEL of nothing", method: "CANCEL", to: "bob@known.example", closed: "row 0: 481" },
  { what: "a host that is no name", to: "bob@bad..example", closed: "row 0: 400" },
  { what: "an unknown scheme", to: "fax:+358555", closed: "row 0: 416" },
  { what: "a telephone number", to: "tel:+358555", closed: "row 0: 404" },
  { what: "inside to local", to: "carol@example.com", closed: "row 0: 200 at platform" },
  { what: "inside to local, with no route", to: "carol@unrouted.test", closed: "row 0: 404" },
  { what: "inside to local, by a blocked route", to: "carol@shut.test", closed: "row 0: 403" },
  { what: "policy Block", to: "bob@blocked.example", closed: "row 1: 403" },
  { what: "policy Block, a call", ...INVITE, to: "bob@blocked.example", closed: "row 1: 403" },
  { what: "a blocked route", to: "bob@refused.example", closed: "row 1: 403" },
  { what: "a blocked route, known domain", to: "bob@known.refused-group.example", closed: "row 1: 403" },
  { what: "below a blocked route", to: "bob@#.refused-group.example", closed: "row 1: 403" },
  { what: "XMPP without gateway", to: "bob@xmpp.example", closed: "row 2: 480" },
  { what: "XMPP, a call", ...INVITE, to: "bob@xmpp.example", closed: "row 2: 405" },
  { what: "known", to: "bob@known.example", closed: "row 3: 200 at partner" },
  { what: "known, a call", ...INVITE, to: "bob@known.example", closed: "row 3: 200 at partner" },
  { what: "known, in capitals", to: "bob@KNOWN.Example", closed: "row 3: 200 at partner" },
  { what: "known, with a trailing dot", to: "bob@known.example.", closed: "row 3: 200 at partner" },
  { what: "known, by its own route", to: "bob@exact.group.example", closed: "row 3: 200 at hub" },
  { what: "known, sips", to: "sips:bob@known.example", closed: "row 3: 480" },
  {
    what: "known, with a destination in the Request-URI",
    to: "sip:bob@known.example:5999;transport=udp;maddr=192.0.2.1",
    closed: "row 3: 200 at partner",
  },
  {
    what: "known, with a Route",
    to: "bob@known.example",
    headers: [["Route", "<sip:192.0.2.1;lr>"]],
    closed: "row 3: 200 at partner",
  },
  {
    what: "known, the next hop refuses the connection",
    to: "bob@falling.example",
    closed: "row 3: 200 at partner",
  },
  { what: "an explicit route", to: "bob@#.group.example", closed: "row 4: 200 at group, cached" },
  { what: "a longer suffix", to: "bob@#.deep.group.example", closed: "row 4: 200 at hub, cached" },
  { what: "a reversed pattern", to: "bob@#.reversed.example", closed: "row 4: 200 at group, cached" },
  { what: "an explicit route, pinged", ...OPTIONS, to: "bob@#.ping.example", closed: "row 4: 200 at group" },
  { what: "an explicit route, not found", to: "nobody@#.lost.example", closed: "row 4: 404 at group" },
  {
    what: "unknown",
    to: "bob@#.unknown.example",
    closed: "row 6: 403",
    open: "row 5: 200 at partner, cached",
  },
  {
    what: "unknown, a call",
    ...INVITE,
    to: "bob@#.call.example",
    closed: "row 6: 403",
    open: "row 5: 200 at partner, cached",
  },
  {
    what: "unknown, only a disabled route matches",
    to: "bob@#.disabled.example",
    closed: "row 6: 403",
    open: "row 5: 200 at partner, cached",
  },
  {
    what: "unknown, pinged",
    ...OPTIONS,
    to: "bob@#.pinged.example",
    closed: "row 6: 403",
    open: "row 5: 200 at partner",
  },
  {
    what: "unknown, not found",
    to: "nobody@#.missing.example",
    closed: "row 6: 403",
    open: "row 5: 404 at partner",
  },
  { what: "an address", to: "bob@192.0.2.7", closed: "row 6: 403", open: "row 5: 200 at partner" },
  { what: "an IPv6 address", to: "bob@[2001:db8::7]", closed: "row 6: 403", open: "row 5: 200 at partner" },
  { what: "a single label", to: "bob@intranet", closed: "row 6: 403", open: "row 5: 200 at partner" },
  {
    what: "no name for the API",
    to: "bob@under_score.example",
    closed: "row 6: 403",
    open: "row 5: 200 at partner",
  },
  { what: "row 7: nobody takes it", to: "bob@dead.example", closed: "row 3: 500" },
  { what: "row 7: nobody takes it, unknown", to: "bob@#.dead-group.example", closed: "row 4: 500" },
];

/** Requests from the outside, to `carol@example.com` unless told. */
export const inbound: readonly (Omit<Case, "to"> & { readonly to?: string })[] = [
  { what: "REGISTER", method: "REGISTER", to: "sip:example.com", closed: "row 0: 403" },
  { what: "PUBLISH", method: "PUBLISH", from: "bob@known.example", closed: "row 0: 403" },
  { what: "OPTIONS to our own address", ...OPTIONS, to: "sip:ROUTER", closed: "row 0: 200" },
  { what: "OPTIONS to a local domain", ...OPTIONS, to: "sip:example.com", closed: "row 0: 200" },
  { what: "to a user at our own address", to: "carol@ROUTER", closed: "row 0: 403" },
  { what: "CANCEL of nothing", method: "CANCEL", from: "bob@known.example", closed: "row 0: 481" },
  { what: "a telephone number", to: "tel:+358555", from: "bob@known.example", closed: "row 0: 403" },
  { what: "to a known domain", to: "bob@known.example", from: "bob@hub.example", closed: "row 0: 403" },
  {
    what: "to a known domain, by a Route",
    from: "bob@known.example",
    to: "bob@hub.example",
    headers: [["Route", "<sip:ROUTER;lr>"]],
    closed: "row 0: 403",
  },
  { what: "a local domain in From", from: "alice@example.com", closed: "row 0: 403" },
  { what: "policy Block", from: "bob@blocked.example", closed: "row 1: 403" },
  { what: "policy Block, in capitals", from: "bob@BLOCKED.example", closed: "row 1: 403" },
  { what: "policy Block, pinged", ...OPTIONS, from: "bob@blocked.example", closed: "row 1: 403" },
  { what: "a blocked route", from: "bob@refused.example", closed: "row 1: 403" },
  { what: "below a blocked route", from: "bob@#.refused-group.example", closed: "row 1: 403" },
  { what: "XMPP, unproven", from: "bob@xmpp.example", closed: "row 2: 403" },
  {
    what: "XMPP, proven by its sources",
    from: "bob@xmpp-proven.example",
    closed: "row 2: 200 at platform",
  },
  { what: "known", from: "bob@known.example", closed: "row 3: 200 at platform" },
  { what: "known, a call", ...INVITE, from: "bob@known.example", closed: "row 3: 200 at platform" },
  { what: "known, no route", to: "carol@unrouted.test", from: "bob@known.example", closed: "row 3: 404" },
  { what: "known, blocked route", to: "carol@shut.test", from: "bob@known.example", closed: "row 3: 403" },
  {
    what: "an explicit route, unproven",
    from: "bob@#.unproven.group.example",
    closed: "row 4: 200 at platform",
  },
  {
    what: "an explicit route, a trusted peer",
    from: "bob@#.trusted-group.example",
    closed: "row 4: 200 at platform, cached",
  },
  {
    what: "unknown, unproven",
    from: "bob@#.stranger.example",
    closed: "row 6: 403",
    open: "row 5: 200 at platform",
  },
  {
    what: "unknown, a trusted peer",
    from: "bob@#.trusted.example",
    closed: "row 6: 403",
    open: "row 5: 200 at platform, cached",
  },
  {
    what: "unknown, a trusted peer that pings",
    ...OPTIONS,
    from: "bob@#.trusted-ping.example",
    closed: "row 6: 403",
    open: "row 5: 200 at platform",
  },
  {
    what: "unknown, a trusted peer, not found",
    to: "nobody@example.com",
    from: "bob@#.trusted-missing.example",
    closed: "row 6: 403",
    open: "row 5: 404 at platform",
  },
  {
    what: "anonymous",
    from: "anonymous@anonymous.invalid",
    closed: "row 6: 403",
    open: "row 5: 200 at platform",
  },
  { what: "row 7: nobody takes it", to: "carol@dead.test", from: "bob@known.example", closed: "row 3: 500" },
];
