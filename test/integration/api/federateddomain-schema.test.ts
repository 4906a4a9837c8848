import { testSchema, type Accepted, type Refused } from "../../support/crd-tables.ts";

const LABEL_63 = "a".repeat(63);
const LABEL_64 = "a".repeat(64);

const networks = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.0.${index}.0/24`);

const accepted: readonly Accepted[] = [
  [{}],
  [{ description: "a".repeat(255), policy: "Block", protocol: "XMPP", trust: "Limited", sources: [] }],
  [{ sources: networks(32) }],
  [{ sources: ["192.0.2.7/32", "2001:db8::7/128", "2001:db8::/32", "128.0.0.0/1", "8000::/1"] }],
  [{ sources: ["2001:0db8:0000:0000:0000:0000:ffff:0000/112"] }],
  ...[
    "a.b",
    "partner.example.com",
    "xn--bcher-kva.example",
    "b.xn--p1ai",
    "3com.example",
    `${LABEL_63}.example`,
  ].map((name): Accepted => [{}, name]),
  // never remembered, but a person may block callers who hide their domain
  [{ policy: "Block" }, "anonymous.invalid"],
];

const NAME = "must be the domain itself, with at least two labels";
const names = ["localhost", "192.0.2.1", "example.1com", `${LABEL_64}.example`, `example.${LABEL_64}`].map(
  (name): Refused => ["metadata.name", NAME, {}, name],
);

const NETWORK = "must be a network in CIDR notation: write 192.0.2.0/24 or 2001:db8::/32";
const EVERYBODY = "name the networks that the domain sends from";
const HOST_BITS = "write the first address of the network, as in 192.0.2.0/24";
const sources = (fix: string, values: readonly string[]): Refused[] =>
  values.map((value) => ["spec.sources[1]", fix, { sources: ["192.0.2.0/24", value] }]);

const refused: readonly Refused[] = [
  ...names,
  ...sources(NETWORK, [
    "192.0.2.1",
    "2001:db8::1",
    "192.0.2.0/33",
    "192.0.2/24",
    "example.com",
    "::ffff:0.0.0.0/97",
  ]),
  ...sources(NETWORK, ["10.0.0.0-10.0.0.9", "10.00.0.0/8", "fe80::%eth0/64", "10.0.0.0/08"]),
  ...sources(EVERYBODY, ["0.0.0.0/0", "::/0"]),
  ...sources(HOST_BITS, ["192.0.2.7/24", "2001:db8::7/64"]),
  ...sources("at least 1 chars", [""]),
  ...sources("not be more than 43", ["2001:0db8:0000:0000:0000:0000:0000:00000/128"]),
  ["spec.sources", "must have at most 32 items", { sources: networks(33) }],
  ["spec.policy", '"Allow", "Block"', { policy: "Deny" }],
  ["spec.protocol", '"SIP", "XMPP"', { protocol: "sip" }],
  ["spec.trust", '"Full", "Limited"', { trust: "None" }],
  ["spec.description", "not be more than 255", { description: "a".repeat(256) }],
  ["spec.blocked", "unknown field", { blocked: true }],
];

testSchema({ kind: "FederatedDomain", name: "partner.example.com", accepted, refused });
