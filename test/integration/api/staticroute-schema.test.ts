import { testSchema, type Accepted, type Refused } from "../../support/crd-tables.ts";

const LABEL_63 = "a".repeat(63);
const NAME_253 = `${`${"a".repeat(62)}.`.repeat(3)}${"a".repeat(60)}.com`;

const route = { destinationPattern: "example.com", nextHop: "192.0.2.1" };
const user = { ...route, routeType: "User" };
const srv = { ...route, nextHop: "_sip._tcp.example.com", nextHopPort: 0 };

const pattern = (destinationPattern: string): object => ({ ...route, destinationPattern });
const userPattern = (destinationPattern: string): object => ({ ...user, destinationPattern });
const nextHop = (value: string): object => ({ ...route, nextHop: value });
const serverName = (value: string): object => ({ ...route, protocolType: "TLS", tls: { serverName: value } });

const patterns = [
  ...[
    "example.com",
    "*.example.com",
    ".com.example.*",
    "Partner.Example.COM",
    "example.com.",
    "*.example.com.",
  ],
  ...["localhost", "*.com", ".com.*", "xn--bcher-kva.example", "3com.example", "a_b._tcp.example"],
  ...[`${LABEL_63}.example`, NAME_253],
].map((text): Accepted => [pattern(text)]);

const userPatterns = ["+4930....", "23*", ".", "alice", "o'malley*", "a-b_c!~()&=$,;?/"].map(
  (text): Accepted => [userPattern(text)],
);

const nextHops = [
  ...[
    "a",
    "sip.example.com",
    "SIP.example.com.",
    "192.0.2.1",
    "127.0.0.1",
    "2001:db8::1",
    "::1",
    "::ffff:1:192.0.2.1",
    "10-1.example",
  ],
  NAME_253,
].map((text): Accepted => [nextHop(text)]);

const accepted: readonly Accepted[] = [
  ...patterns,
  ...userPatterns,
  ...nextHops,
  // a next hop is needed in service only, and the default route is blocked unless told otherwise
  [{ destinationPattern: ".*" }, "default"],
  [{ destinationPattern: ".*", blockRoute: true }],
  [{ destinationPattern: ".*", blockRoute: false, nextHop: "a" }],
  [{ destinationPattern: ".*", blockRoute: false, service: "Disabled" }],
  [{ destinationPattern: "example.com", blockRoute: true }],
  [{ destinationPattern: "example.com", service: "Disabled" }],
  // ports
  [{ ...route, nextHopPort: 1 }],
  [{ ...route, nextHopPort: 65535 }],
  [{ ...route, nextHop: "example.com", nextHopPort: 0 }],
  // SRV names
  [srv],
  [{ ...srv, nextHop: "_SIP._UDP.example.com", protocolType: "UDP" }],
  [{ ...srv, nextHop: "_sips._tcp.example.com", protocolType: "TLS" }],
  // TLS
  [serverName("sip.example.com")],
  [serverName(NAME_253)],
  [{ ...route, tls: {} }],
  // the rest
  [{ ...route, routeType: "Domain", priority: 1, weight: 1, description: "" }],
  [{ ...route, priority: 65535, weight: 65535, description: "é".repeat(255) }],
  [{ ...route, allowLessSpecificRoute: false, trustIdentity: true }],
];

const DOMAIN_PATTERN = "is not a domain pattern: write '.*' for any domain, 'example.com' for that domain";
const USER_PATTERN = "is not a user pattern: write the characters of the user part";
const HOST = "is neither a host name nor an IP address: write sip.example.com";
const SERVER_NAME = "is not a host name: write a name as in the certificate";

const badPatterns = [
  ...["*", ".", "**", "*.", "*.*", "..", ".example.com", "example.*", "*.*.com", "a.*.com", "*example.com"],
  ...[
    ".com..*",
    "*.com.example.*",
    ".com.example*",
    "com.example.*",
    "example..com",
    "example.com..",
    "-a.example",
  ],
  ...["a-.example", "exa mple.com", "example.com ", "bücher.example", "sip:example.com", "a@example.com"],
  ...["192.0.2.1", "2001:db8::1", "*.2.1", ".192.0.*", "+4930*", "example.com\n", `${LABEL_63}a.example`],
].map((text): Refused => ["spec.destinationPattern", DOMAIN_PATTERN, pattern(text)]);

const badUserPatterns = [".*", "*", "2*3", "23**", "a b", "alice@example.com", "a:b", "%20", "bücher"].map(
  (text): Refused => ["spec.destinationPattern", USER_PATTERN, userPattern(text)],
);

const badNextHops = [
  ...[
    "[2001:db8::1]",
    "192.0.2.1:5060",
    "sip:example.com",
    "example.com;transport=tcp",
    "a..b",
    "-a",
    ".",
    "a b",
  ],
  ...["192.0.2", "192.0.2.256", "192.0.2.01", "1.2.3.4.5", "5060", "fe80::1%eth0", "10.0.0.0/8"],
  ...[
    "*.example.com",
    "my_host.example",
    "bücher.example",
    "_sip._tls.example.com",
    "_sip._tcp",
    "_xmpp._tcp.a",
  ],
].map((text): Refused => ["spec.nextHop", HOST, nextHop(text)]);

const badAddresses = ["0.0.0.0", "::", "255.255.255.255", "224.0.0.1", "239.255.255.250", "ff02::1"].map(
  (text): Refused => ["spec.nextHop", "write the address of one server", nextHop(text)],
);

const badMappedAddresses = ["::ffff:192.0.2.1", "::ffff:c000:201"].map((text): Refused => [
  "spec.nextHop",
  "write the IPv4 address alone",
  nextHop(text),
]);

const badServerNames = [
  "*.example.com",
  "192.0.2.1",
  "2001:db8::1",
  "sip.example.com:5061",
  "a..b",
  "sip:a",
].map((text): Refused => ["spec.tls.serverName", SERVER_NAME, serverName(text)]);

const NEEDS_NEXT_HOP = "set nextHop, or blockRoute: true, or service: Disabled";
const OUT_OF_DEFAULT = "write '.*', or choose another metadata.name";
const SRV_PORT = "set nextHopPort: 0, or nextHop to a host name";
const SRV_PROTOCOL = "set protocolType: TCP for _sip._tcp, UDP for _sip._udp, TLS for _sips._tcp";

const refused: readonly Refused[] = [
  ...badPatterns,
  ...badUserPatterns,
  ...badNextHops,
  ...badAddresses,
  ...badMappedAddresses,
  ...badServerNames,
  ["spec", "Required value", undefined],
  ["spec.destinationPattern", "Required value", {}],
  ["spec.destinationPattern", "at least 1 chars", pattern("")],
  ["spec.destinationPattern", "not be more than 253", pattern(`a${NAME_253}`)],
  ["spec.destinationPattern", OUT_OF_DEFAULT, route, "default"],
  ["spec.nextHop", "at least 1 chars", nextHop("")],
  ["spec.nextHop", "not be more than 253", nextHop(`a${NAME_253}`)],
  ["spec.nextHop", NEEDS_NEXT_HOP, { destinationPattern: "example.com" }],
  ["spec.nextHop", NEEDS_NEXT_HOP, { destinationPattern: "example.com", blockRoute: false }],
  ["spec.nextHop", NEEDS_NEXT_HOP, { destinationPattern: ".*", blockRoute: false }, "default"],
  ["spec.nextHopPort", "greater than or equal to 0", { ...route, nextHopPort: -1 }],
  ["spec.nextHopPort", "less than or equal to 65535", { ...route, nextHopPort: 65536 }],
  ["spec.nextHopPort", "set nextHopPort to the port of the next hop", { ...route, nextHopPort: 0 }],
  ["spec.nextHopPort", "or nextHop to a name", { ...route, nextHop: "2001:db8::1", nextHopPort: 0 }],
  ["spec.nextHopPort", SRV_PORT, { ...srv, nextHopPort: 5060 }],
  ["spec.nextHopPort", SRV_PORT, nextHop("_sip._tcp.example.com")],
  ["spec.protocolType", SRV_PROTOCOL, { ...srv, protocolType: "UDP" }],
  ["spec.protocolType", SRV_PROTOCOL, { ...srv, protocolType: "TLS" }],
  ["spec.protocolType", SRV_PROTOCOL, { ...srv, nextHop: "_sips._tcp.example.com" }],
  ["spec.protocolType", '"TCP", "UDP", "TLS"', { ...route, protocolType: "SCTP" }],
  ["spec.routeType", '"Domain", "User"', { ...route, routeType: "domain" }],
  ["spec.service", '"Enabled", "Disabled"', { ...route, service: "On" }],
  ["spec.service", "must be of type string", { ...route, service: true }],
  ["spec.priority", "greater than or equal to 1", { ...route, priority: 0 }],
  ["spec.priority", "less than or equal to 65535", { ...route, priority: 65536 }],
  ["spec.weight", "greater than or equal to 1", { ...route, weight: 0 }],
  ["spec.weight", "less than or equal to 65535", { ...route, weight: 65536 }],
  ["spec.description", "not be more than 255", { ...route, description: "a".repeat(256) }],
  ["spec.blockRoute", "must be of type boolean", { ...route, blockRoute: "true" }],
  ["spec.tls.serverName", "at least 1 chars", serverName("")],
  ["spec.tls.serverName", "not be more than 253", serverName(`a${NAME_253}`)],
  [
    "spec.tls.serverName",
    "set protocolType: TLS, or remove tls.serverName",
    { ...route, tls: { serverName: "a.example" } },
  ],
  ["spec.nexthop", "unknown field", { ...route, nexthop: "a" }],
];

testSchema({ kind: "StaticRoute", name: "route", accepted, refused });
