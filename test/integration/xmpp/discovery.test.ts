import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Finding } from "../../../src/xmpp/discovery/discovery.ts";
import type { XmppVerdict } from "../../../src/xmpp/types.ts";
import { Authority } from "../../support/authority.ts";
import { XmppBed } from "../../support/xmpp-bed.ts";
import * as peers from "../../support/xmpp-peers.ts";

interface Row {
  readonly name: string;
  readonly verdict: XmppVerdict;
  /** Milliseconds, for a machine that has much to do. */
  readonly within: number;
  /** Makes the domain what the row says. */
  readonly prepare: (bed: XmppBed, domain: string, t: peers.Lifetime) => unknown;
}

type Peer = (t: peers.Lifetime, host: string) => Promise<void>;

const TIMEOUT = 2000;
const FAST = 1500;
const BOUNDED = TIMEOUT + 1000;

/** A peer to which the domain leads. */
const at =
  (peer: Peer): Row["prepare"] =>
  async (bed, domain, t) => {
    const host = bed.nextAddress();
    bed.dns.serve(domain, host);
    await peer(t, host);
  };

const ROWS: readonly Row[] = [
  { name: "there is no such name", verdict: "notXmpp", within: FAST, prepare: () => undefined },
  {
    name: "the name has no address",
    verdict: "notXmpp",
    within: FAST,
    prepare: (bed, domain) => {
      bed.dns.empty(domain);
    },
  },
  {
    name: "DNS says that there is no XMPP",
    verdict: "notXmpp",
    within: FAST,
    prepare: (bed, domain) => {
      bed.dns.srv(domain, 0, ".");
      bed.dns.host(domain, bed.nextAddress());
    },
  },
  {
    name: "connections are refused",
    verdict: "notXmpp",
    within: FAST,
    prepare: (bed, domain) => {
      bed.dns.serve(domain, bed.nextAddress());
    },
  },
  { name: "HTTP is spoken there", verdict: "notXmpp", within: FAST, prepare: at(peers.httpPeer) },
  { name: "garbage is spoken there", verdict: "notXmpp", within: FAST, prepare: at(peers.garbagePeer) },
  {
    name: "the server does not know the domain",
    verdict: "notXmpp",
    within: FAST,
    prepare: at((t, host) => peers.refusingPeer(t, host, "host-unknown")),
  },
  {
    name: "the server is about to stop",
    verdict: "temporary",
    within: FAST,
    prepare: at((t, host) => peers.refusingPeer(t, host, "system-shutdown")),
  },
  { name: "connections are closed", verdict: "temporary", within: FAST, prepare: at(peers.closingPeer) },
  {
    name: "connections are taken in silence",
    verdict: "temporary",
    within: BOUNDED,
    prepare: at(peers.silentPeer),
  },
  { name: "packets are lost", verdict: "temporary", within: BOUNDED, prepare: at(peers.blackHole) },
  {
    name: "there is no TLS",
    verdict: "untrusted",
    within: FAST,
    prepare: (bed, domain) => bed.prosody({ domain, tls: false }),
  },
  {
    name: "nobody known has signed the certificate",
    verdict: "untrusted",
    within: FAST,
    prepare: (bed, domain) => bed.prosody({ domain, authority: new Authority() }),
  },
  {
    name: "the certificate is for another name",
    verdict: "untrusted",
    within: FAST,
    prepare: (bed, domain) => bed.prosody({ domain, certificate: { names: ["DNS:other.example"] } }),
  },
  {
    name: "the certificate has expired",
    verdict: "untrusted",
    within: FAST,
    prepare: (bed, domain) => bed.prosody({ domain, certificate: { names: [`DNS:${domain}`], days: -1 } }),
  },
  {
    name: "the name server fails",
    verdict: "temporary",
    within: FAST,
    prepare: (bed, domain) => {
      bed.dns.fail(domain, "SERVFAIL");
    },
  },
  {
    name: "the name server fails for the address alone",
    verdict: "temporary",
    within: FAST,
    prepare: (bed, domain) => {
      bed.dns.srv(domain, 5269, `xmpp.${domain}`);
      bed.dns.fail(`xmpp.${domain}`, "SERVFAIL");
    },
  },
  {
    name: "the name server is silent",
    verdict: "temporary",
    within: BOUNDED,
    prepare: (bed, domain) => {
      bed.dns.fail(domain, "silence");
    },
  },
  {
    name: "the server hangs once the streams are open",
    verdict: "temporary",
    within: BOUNDED,
    prepare: async (bed, domain) => {
      const server = await bed.prosody({ domain });
      assert.equal(await bed.discovery().ask(domain), "xmpp");
      server.process.pause();
    },
  },
];

describe("discovery of a domain", { concurrency: true }, () => {
  let bed: XmppBed;

  const ends: (() => unknown)[] = [];
  const domainOf = (row: number): string => `row${row}.example`;

  // certificates are made one after the other, and nothing else gets done meanwhile
  before(async () => {
    bed = await XmppBed.open();
    await bed.prosody({ domain: "good.example" });
    for (const [row, { prepare }] of ROWS.entries()) {
      await prepare(bed, domainOf(row), { after: (end) => ends.push(end) });
    }
  });
  after(async () => {
    for (const end of ends) await end();
    await bed.close();
  });

  for (const [row, { name, verdict, within }] of ROWS.entries()) {
    test(`${name}: ${verdict}, and another domain is answered meanwhile`, async () => {
      const domain = domainOf(row);
      const reasons: string[] = [];
      const answered = ({ domain: name, reason = "no answer" }: Finding) =>
        reasons.push(`${name}: ${reason}`);
      const discovery = bed.discovery({ timeoutMs: TIMEOUT, answered });
      const start = performance.now();
      const asked = discovery.ask(domain);
      assert.equal(await discovery.ask("good.example"), "xmpp");
      const good = performance.now() - start;
      assert.equal(await asked, verdict, reasons.join());
      const took = performance.now() - start;
      assert.ok(good < FAST, `the other domain took ${good} ms`);
      assert.ok(took < within, `it took ${took} ms`);
    });
  }

  test("what was found counts until it is forgotten", async () => {
    const host = bed.nextAddress();
    bed.dns.serve("later.example", host);
    const discovery = bed.discovery({ timeoutMs: TIMEOUT });
    assert.equal(await discovery.ask("later.example"), "notXmpp");
    await bed.prosody({ domain: "later.example", host });
    assert.equal(await discovery.ask("later.example"), "notXmpp");
    discovery.forget("later.example");
    assert.equal(await discovery.ask("later.example"), "xmpp");
  });
});

describe("discovery while strangers' name servers are silent", () => {
  test("does not slow down others that are asked for the first time", async (t) => {
    const bed = await XmppBed.open();
    t.after(() => bed.close());
    bed.dns.fail("silent.example", "silence");
    const { host } = await bed.prosody({ domain: "good.example" });
    for (const round of [1, 2, 3]) {
      const discovery = bed.discovery({ timeoutMs: TIMEOUT });
      const silent = Array.from({ length: 90 }, (_, n) => discovery.ask(`${round}-${n}.silent.example`));
      bed.dns.serve(`new${round}.example`, host);
      const start = performance.now();
      // the server there does not know the name, and so it says
      assert.equal(await discovery.ask(`new${round}.example`), "notXmpp");
      assert.ok(performance.now() - start < FAST);
      assert.deepEqual(new Set(await Promise.all(silent)), new Set(["temporary"]));
    }
  });
});
