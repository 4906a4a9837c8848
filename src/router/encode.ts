/** The names, sets and settings of a routing table as the router's hash table holds them: docs/router-protocol.md. */
import { createHash } from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import type {
  FederationConfig,
  NameEntry,
  NextHop,
  RouteSet,
  RouteSetKey,
  RoutingTable,
  StrangerLimits,
  TrustedPeer,
} from "../federation/types.ts";
import type { Orders } from "./types.ts";
import { encodeShapes, isUserKey, isUserSetKey } from "./user-shapes.ts";

const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const MAX_NAME = 253;
/** A write to the router holds 12,000 characters: that is 100 next hops of 119 each, and more than it tries. */
const MAX_ORDER = 11_500;
const PREFIX_LENGTH = /^\d{1,3}$/;

/** A set as it is written, with the orders that it names. */
export interface EncodedSet {
  readonly value: string;
  /** Undefined where the set has at most one order: then the value holds it. */
  readonly orders: EncodedOrders | undefined;
}

export interface EncodedOrders {
  /** Hash of the content: equal orders share their entries, and no entry ever changes. */
  readonly id: string;
  readonly values: readonly string[];
}

/** True when the text can stand in a key: a canonical domain, maybe single-label. */
export function isName(text: string): boolean {
  return text.length <= MAX_NAME && NAME.test(text);
}

/**
 * The set that requests for this name start with; undefined: the walk over its parents finds it.
 * @param reversed whether any set is of the form `=name`: saves a look-up for each of 100,000 names.
 */
export function startOf(table: RoutingTable, name: string, reversed = true): RouteSetKey | undefined {
  if (table.routeSets.has(name)) return name;
  if (!reversed || table.names.get(name)?.kind === "local") return undefined;
  const key = `=${name}`;
  return table.routeSets.has(key) ? key : undefined;
}

/** True when some set is of the form `=name`. */
export function hasReversed(table: RoutingTable): boolean {
  for (const key of table.routeSets.keys()) if (key.startsWith("=")) return true;
  return false;
}

/** The name whose entry depends on this set; undefined for patterns below a domain, users and the default. */
export function nameOf(key: RouteSetKey): string | undefined {
  if (key === "*" || key.startsWith(".") || isUserKey(key)) return undefined;
  return key.startsWith("=") ? key.slice(1) : key;
}

/**
 * Value of a name: `<flag>|<start set>`, then `|<sources>` where it has some. Where nobody has adopted it there are four
 * fields, and the last one is `L`. Undefined: it needs no entry.
 */
export function encodeName(entry: NameEntry | undefined, start: RouteSetKey | undefined): string | undefined {
  if (entry === undefined) return start === undefined ? undefined : `-|${start}`;
  const flag = flagOf(entry);
  if (entry.kind === "local") return plainValue(flag, start);
  const sources = networks(entry.sources);
  if (entry.trust === "Limited") return limitedValue(flag, start, sources);
  return sources === "" ? plainValue(flag, start) : `${flag}|${start ?? ""}|${sources}`;
}

/** Value of a set: `<blocked>|<next>|<count>|<order, or id of the orders>`. */
export function encodeSet(set: RouteSet, orders: Orders): EncodedSet {
  const values = encodeOrders(orders(set.hops.filter(isHop)));
  const head = `${set.blocked ? "1" : "0"}|${set.next ?? ""}`;
  if (values.length <= 1) return { value: `${head}|${values.length}|${values[0] ?? ""}`, orders: undefined };
  const id = createHash("sha256").update(values.join("\n")).digest("hex").slice(0, 16);
  return { value: `${head}|${values.length}|${id}`, orders: { id, values } };
}

/** Value of a deleted set: requests that still come by go on with `next`; to all others it is absent. */
export function encodeTombstone(next: RouteSetKey | undefined): string {
  return `-|${next ?? ""}|0|`;
}

/** Value of the record that puts an epoch into force. */
export function encodeActive(epoch: string, table: RoutingTable): string {
  const { insideNetworks, insideCertificateNames, trustedPeers, unprovenInbound } = table.config;
  const unproven: Record<FederationConfig["unprovenInbound"], string> = { serve: "S", refuse: "R" };
  return [
    epoch,
    table.open ? "1" : "0",
    depthOf(table.routeSets.keys()),
    unproven[unprovenInbound],
    networks(insideNetworks),
    trustedPeers.flatMap(encodePeer).join(";"),
    encodeShapes(table.routeSets.keys()),
    names(insideCertificateNames),
  ].join("|");
}

/** Value of the record of limits for strangers. */
export function encodeLimits(limits: StrangerLimits): string {
  return [
    limits.requestsPerSecond,
    limits.recipientsPerDay,
    limits.failingPercent,
    limits.failingAnswers,
    limits.failingRequestsPerSecond,
    limits.unprovenPerSecond,
    limits.floodPerSecond,
  ].join("|");
}

/**
 * URI of a next hop: over TLS with the name that it has to prove, and with `id` at its end where identities may leave to
 * it (RFC 3325).
 */
export function hopUri(hop: NextHop): string {
  const host = isIPv6(hop.host) ? `[${hop.host}]` : hop.host;
  const port = hop.port === 0 ? "" : `:${hop.port}`;
  const id = hop.trustIdentity ? ";id" : "";
  const tls = hop.transport === "TLS" ? `;tls=${certifiedName(hop.serverName ?? hop.host)}` : "";
  return `sip:${host}${port};transport=${hop.transport.toLowerCase()}${tls}${id}`;
}

/** What a certificate proves as the router compares it: inside an URI an IPv6 address cannot have its colons. */
export function certifiedName(name: string): string {
  return name.replaceAll(":", "-");
}

/** True when the hop can be written; the API refuses all others long before. */
export function isHop(hop: NextHop): boolean {
  const portFits = Number.isInteger(hop.port) && hop.port >= 0 && hop.port <= 65_535;
  const isCertifiable = hop.serverName === undefined || isAddress(hop.serverName) || isName(hop.serverName);
  return portFits && isCertifiable && (isAddress(hop.host) || isName(hop.host));
}

/** True when the key can be written. */
export function isSetKey(key: RouteSetKey): boolean {
  if (isUserKey(key)) return isUserSetKey(key);
  return key === "*" || isName(key.startsWith(".") || key.startsWith("=") ? key.slice(1) : key);
}

/** Labels of the longest pattern below a domain: how many parents of a name are worth a look. */
function depthOf(keys: Iterable<RouteSetKey>): number {
  let depth = 0;
  for (const key of keys) {
    if (key.startsWith(".")) depth = Math.max(depth, key.split(".").length - 1);
  }
  return depth;
}

const PLAIN = { L: "L|", A: "A|", B: "B|", X: "X|" } as const;
const PLAIN_LIMITED = { L: "L|||L", A: "A|||L", B: "B|||L", X: "X|||L" } as const;

/** Nearly all of 100,000 names have no set of their own: they share one string. */
function plainValue(flag: keyof typeof PLAIN, start: RouteSetKey | undefined): string {
  return start === undefined ? PLAIN[flag] : `${flag}|${start}`;
}

/** The same for those that nobody has adopted. */
function limitedValue(flag: keyof typeof PLAIN, start: RouteSetKey | undefined, sources: string): string {
  return start === undefined && sources === "" ? PLAIN_LIMITED[flag] : `${flag}|${start ?? ""}|${sources}|L`;
}

function flagOf(entry: NameEntry): keyof typeof PLAIN {
  if (entry.kind === "local") return "L";
  if (entry.policy === "Block") return "B";
  return entry.protocol === "XMPP" ? "X" : "A";
}

/** Equal orders stay as often as they come: that is how weights are kept. Only when all are equal, one does. */
function encodeOrders(orders: readonly (readonly NextHop[])[]): readonly string[] {
  const values = orders.map(encodeOrder).filter((order) => order !== "");
  return values.every((value) => value === values[0]) ? values.slice(0, 1) : values;
}

function encodeOrder(hops: readonly NextHop[]): string {
  let order = "";
  for (const uri of hops.map(hopUri)) {
    const longer = order === "" ? uri : `${order} ${uri}`;
    if (longer.length > MAX_ORDER) break;
    order = longer;
  }
  return order;
}

function encodePeer(peer: TrustedPeer): string[] {
  const sources = networks(peer.sources);
  const domains = peer.domains.filter((domain) => domain === "*" || isName(domain)).join(",");
  const certified = names(peer.certificateNames);
  if (domains === "" || (sources === "" && certified === "")) return [];
  return [`${sources}=${domains}=${certified}`];
}

function names(certified: readonly string[]): string {
  return certified.filter(isName).join(",");
}

function networks(cidrs: readonly string[]): string {
  return cidrs.filter(isNetwork).join(",");
}

function isNetwork(cidr: string): boolean {
  const [address = "", length = "", ...rest] = cidr.split("/");
  return rest.length === 0 && isAddress(address) && PREFIX_LENGTH.test(length);
}

/** Node.js takes zones (`fe80::1%eth0`) for addresses; the router would not. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%");
}
