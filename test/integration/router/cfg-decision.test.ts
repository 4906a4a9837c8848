/** The decision table (docs/concepts.md) on the real router, row by row; the differential test covers combinations. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import type { TableText } from "../../support/kamailio.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import type { SipResponseMessage, UserAgent } from "../../support/sip/user-agent.ts";

interface Row {
  readonly row: number;
  readonly what: string;
  /** Added to the table of the test. */
  readonly table?: Partial<TableText>;
  readonly method?: string;
  /** Request-URI. */
  readonly uri: string;
  readonly from?: string;
  /** Status, or who gets the request. */
  readonly then: number | "hop" | "explicit" | "platform";
}

const BOB = "sip:bob@partner.test";
const ALICE = `sip:alice@${LOCAL}`;
const CLOSED = { open: false };
const URN = { unproven: "R", peers: "0.0.0.0/0=*" } as const;
const NO_DEFAULT = { sets: { "*": "0||0|" } };

const outbound: readonly Row[] = [
  { row: 0, what: "OPTIONS to a local domain", method: "OPTIONS", uri: `sip:${LOCAL}`, then: 200 },
  { row: 0, what: "OPTIONS to a user of a local domain", method: "OPTIONS", uri: ALICE, then: "platform" },
  { row: 0, what: "CANCEL of nothing", method: "CANCEL", uri: BOB, then: 481 },
  { row: 0, what: "another scheme", uri: "mailto:bob@partner.test", then: 416 },
  { row: 0, what: "no host", uri: "sip:bob@a..b", then: 400 },
  { row: 0, what: "a telephone number", uri: "tel:+1234", then: 404 },
  { row: 0, what: "a telephone number with a route", uri: "tel:+49-30;ext=1", then: "explicit" },
  { row: 0, what: "a telephone number whose route is blocked", uri: "tel:+490190", then: 403 },
  { row: 0, what: "a local user with a route", uri: `sip:%2B4930@${LOCAL}`, then: "explicit" },
  { row: 0, what: "a local user whose route is blocked", uri: `sip:+490190@${LOCAL}`, then: 403 },
  { row: 0, what: "localhost", uri: "sip:bob@localhost", then: 404 },
  { row: 0, what: "REGISTER to a local domain", method: "REGISTER", uri: `sip:${LOCAL}`, then: "platform" },
  { row: 0, what: "a local domain without a route", uri: "sip:a@bare.test", then: 404 },
  { row: 0, what: "a local domain whose route is blocked", uri: "sip:a@shut.test", then: 403 },
  { row: 1, what: "policy Block", uri: "sip:x@blocked.test", then: 403 },
  { row: 1, what: "policy Block, any case and a dot", uri: "sip:x@BLOCKED.Test.", then: 403 },
  { row: 1, what: "the most specific route is blocked", uri: "sip:x@shut.example.test", then: 403 },
  { row: 1, what: "a blocked route above", uri: "sip:x@a.b.evil.test", then: 403 },
  { row: 2, what: "MESSAGE over XMPP", uri: "sip:x@xmpp.test", then: 480 },
  { row: 2, what: "INVITE over XMPP", method: "INVITE", uri: "sip:x@xmpp.test", then: 405 },
  { row: 1, what: "a user whose route is blocked", uri: "sip:+490190@partner.test", then: 403 },
  { row: 1, what: "policy Block, a user with a route", uri: "sip:+4930@blocked.test", then: 403 },
  { row: 3, what: "known, a user with a route", uri: "sip:+4930@partner.test", then: "explicit" },
  { row: 3, what: "known, a user that no route matches", uri: "sip:+493@partner.test", then: "hop" },
  {
    row: 4,
    what: "unknown, a user with a route",
    table: CLOSED,
    uri: "sip:+4930@192.0.2.1",
    then: "explicit",
  },
  { row: 3, what: "known", uri: BOB, then: "hop" },
  { row: 3, what: "known, any case and a dot", uri: "sip:x@Partner.TEST.", then: "hop" },
  { row: 3, what: "known, while closed", table: CLOSED, uri: BOB, then: "hop" },
  { row: 3, what: "known, with a route of its own", uri: "sip:x@exact.test", then: "explicit" },
  {
    row: 4,
    what: "unknown, with a route, while closed",
    table: CLOSED,
    uri: "sip:x@a.b.example.test",
    then: "explicit",
  },
  { row: 5, what: "unknown, open", uri: "sip:x@unknown.test", then: "hop" },
  { row: 5, what: "an address, open", uri: "sip:x@[2001:db8::1]:5070", then: "hop" },
  { row: 6, what: "unknown, closed", table: CLOSED, uri: "sip:x@unknown.test", then: 403 },
  { row: 6, what: "an address, closed", table: CLOSED, uri: "sip:x@192.0.2.1", then: 403 },
  { row: 7, what: "no hop", table: NO_DEFAULT, uri: BOB, then: 500 },
  { row: 7, what: "sips: without a hop over TLS", uri: "sips:bob@partner.test", then: 480 },
];

const inbound: readonly Row[] = [
  { row: 0, what: "REGISTER", method: "REGISTER", uri: `sip:${LOCAL}`, then: 403 },
  { row: 0, what: "PUBLISH", method: "PUBLISH", uri: ALICE, then: 403 },
  { row: 0, what: "OPTIONS to a local domain", method: "OPTIONS", uri: `sip:${LOCAL}`, then: 200 },
  { row: 0, what: "CANCEL of nothing", method: "CANCEL", uri: ALICE, then: 481 },
  { row: 0, what: "to an external domain", uri: BOB, then: 403 },
  { row: 0, what: "a telephone number", uri: "tel:+4930", then: 403 },
  { row: 0, what: "in our name", uri: ALICE, from: `sip:eve@${LOCAL}`, then: 403 },
  { row: 0, what: "in our name, any case", uri: ALICE, from: `sip:eve@${LOCAL.toUpperCase()}.`, then: 403 },
  { row: 1, what: "policy Block", uri: ALICE, from: "sip:x@Blocked.test", then: 403 },
  { row: 1, what: "a blocked route", uri: ALICE, from: "sip:x@evil.test", then: "platform" },
  { row: 1, what: "a blocked route above", uri: ALICE, from: "sip:x@a.evil.test", then: 403 },
  { row: 2, what: "known over XMPP, unproven", uri: ALICE, from: "sip:x@xmpp.test", then: 403 },
  {
    row: 2,
    what: "known over XMPP, by its sources",
    uri: ALICE,
    from: "sip:x@proven.xmpp.test",
    then: "platform",
  },
  { row: 3, what: "known", uri: ALICE, from: BOB, then: "platform" },
  { row: 3, what: "known, to a local domain without a route", uri: "sip:a@bare.test", from: BOB, then: 404 },
  { row: 3, what: "known, to a blocked local domain", uri: "sip:a@shut.test", from: BOB, then: 403 },
  {
    row: 3,
    what: "known, unproven, refused by a setting",
    table: { unproven: "R" },
    uri: ALICE,
    from: BOB,
    then: 403,
  },
  {
    row: 3,
    what: "known and trusted",
    table: { unproven: "R" },
    uri: ALICE,
    from: "sip:x@trusted.test",
    then: "platform",
  },
  {
    row: 4,
    what: "unknown, with a route, while closed",
    table: CLOSED,
    uri: ALICE,
    from: "sip:x@b.example.test",
    then: "platform",
  },
  { row: 5, what: "unknown, open", uri: ALICE, from: "sip:x@unknown.test", then: "platform" },
  {
    row: 5,
    what: "a urn: in From, of a peer that may assert everything",
    table: URN,
    uri: ALICE,
    from: "urn:service:sos",
    then: 403,
  },
  { row: 5, what: "no domain in From, open", uri: ALICE, from: "tel:+1234", then: "platform" },
  { row: 6, what: "unknown, closed", table: CLOSED, uri: ALICE, from: "sip:x@unknown.test", then: 403 },
  { row: 6, what: "no domain in From, closed", table: CLOSED, uri: ALICE, from: "tel:+1234", then: 403 },
];

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, decision`, () => {
    let bed: RouterBed;
    let hop: UserAgent;
    let explicit: UserAgent;
    before(async () => {
      bed = await RouterBed.open(binary);
      [hop, explicit] = await Promise.all([bed.open(101), bed.open(102)]);
    });
    after(() => bed.close());

    const program = (table: Partial<TableText> = {}): Promise<void> =>
      bed.program({
        depth: 2,
        shapes: "7*,7;5=,3,..;",
        peers: `192.0.2.0/24=other.test;${bed.address(20)}/32=a.test,trusted.test`,
        ...table,
        names: {
          "bare.test": "L|",
          "shut.test": "L|shut.test",
          "partner.test": "A|",
          "blocked.test": "B|",
          "xmpp.test": "X|",
          "proven.xmpp.test": `X||192.0.2.0/24,${bed.address(20)}/32`,
          "exact.test": "A|exact.test",
          "shut.example.test": "-|shut.example.test",
          "trusted.test": "A|",
        },
        sets: {
          "*": to(uri(hop)),
          "shut.test": "1||0|",
          "exact.test": to(uri(explicit)),
          "shut.example.test": "1||0|",
          ".example.test": to(uri(explicit)),
          ".evil.test": "1||0|",
          "@+490190*": "1||0|",
          "@+49..": to(uri(explicit)),
          ...table.sets,
        },
      });

    async function decided(send: () => Promise<SipResponseMessage>): Promise<Row["then"]> {
      const agents = { hop, explicit, platform: bed.platform };
      const before = Object.values(agents).map(({ received }) => received.length);
      const { status } = await send();
      const [taker] = Object.entries(agents).filter(
        ([, { received }], i) => received.length > (before[i] ?? 0),
      );
      return taker === undefined ? status : (taker[0] as keyof typeof agents);
    }

    const sides = [
      ["outbound", outbound, (...it: Parameters<RouterBed["fromInside"]>) => bed.fromInside(...it)],
      ["inbound", inbound, (...it: Parameters<RouterBed["fromOutside"]>) => bed.fromOutside(...it)],
    ] as const;
    for (const [side, rows, send] of sides) {
      for (const { row, what, table, method = "MESSAGE", uri: requestUri, from, then } of rows) {
        test(`${side}, row ${row}: ${what}: ${then}`, async () => {
          await program(table);
          const options = { method, ...(from !== undefined && { from }) };
          assert.equal(await decided(() => send(requestUri, options)), then);
        });
      }
    }
  });
}
