/** Messages that come in pieces, in heaps, cut off, or too large: each listener reads what is sound and goes on. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import type { Duplex } from "node:stream";
import { Authority } from "../../support/authority.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { RawPeer } from "../../support/sip/raw-peer.ts";
import { END, ordinary, type Places, withBody } from "../../support/torture/message.ts";
import { waitFor } from "../../support/wait-for.ts";

const PARTNER = "partner.test";
/** Last numbers of addresses; 11 is in the inside network. */
const PLACES = { stranger: 11, hop: 31 };
/** The longest that a datagram carries over IPv4. */
const DATAGRAM = 65_507;
const LIMIT = 66_560;

/** A listener that takes streams. */
interface StreamListener {
  readonly name: string;
  readonly open: () => Promise<Duplex>;
}

/** What must not harm anybody; `relayed` where it is a sound message all the same. */
interface Odd {
  readonly what: string;
  readonly relayed: boolean;
  readonly write: (places: Places) => string;
}

const message = (places: Places, headers: readonly string[], end: readonly string[] = END): string =>
  [...ordinary(places, `OPTIONS sip:user@${PARTNER} SIP/2.0`), ...headers, ...end].join("\r\n");
const times = (count: number, line: (n: number) => string): string[] =>
  Array.from({ length: count }, (_, n) => line(n));

const ODD: readonly Odd[] = [
  {
    what: "a header of 40 kB",
    relayed: true,
    write: (places) => message(places, [`Subject: ${"x".repeat(40_000)}`]),
  },
  {
    what: "2,000 headers",
    relayed: true,
    write: (places) =>
      message(
        places,
        times(2000, (n) => `X-${n}: ${n}`),
      ),
  },
  {
    what: "100 Vias",
    relayed: true,
    write: (places) =>
      message(
        places,
        times(100, (n) => `Via: SIP/2.0/UDP h${n}.test;branch=z9hG4bK${n}`),
      ),
  },
  {
    what: "1,000 Routes",
    relayed: true,
    write: (places) =>
      message(
        places,
        times(1000, (n) => `Route: <sip:h${n}.test;lr>`),
      ),
  },
  {
    what: "a body of NUL bytes",
    relayed: true,
    write: (places) => message(places, [], [withBody("\u0000".repeat(500))]),
  },
  {
    what: "headers and a body that are not UTF-8",
    relayed: true,
    write: (places) => message(places, ["Subject: \u00ff\u00fe\u0080"], [withBody("\u00c3\u0028\u00ff")]),
  },
  {
    what: "a NUL byte in a header",
    relayed: true,
    write: (places) => message(places, ["Subject: a\u0000b"]),
  },
  {
    what: "a Content-Length of 10 digits",
    relayed: false,
    write: (places) => message(places, [], ["Content-Length: 4294967295", "", "x"]),
  },
  {
    what: "a Content-Length of 30 digits",
    relayed: false,
    write: (places) => message(places, [], [`Content-Length: ${"9".repeat(30)}`, "", "x"]),
  },
  {
    what: "a Content-Length below zero",
    relayed: false,
    write: (places) => message(places, [], ["Content-Length: -1", "", "x"]),
  },
  {
    what: "a Content-Length that is no number",
    relayed: false,
    write: (places) => message(places, [], ["Content-Length: much", "", "x"]),
  },
  {
    what: "a header that never ends",
    relayed: false,
    write: (places) => `${message(places, [], ["Subject: "])}${"x".repeat(60_000)}`,
  },
];

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, framing`, () => {
    let bed: RouterBed;
    let stranger: RawPeer;
    let hop: RawPeer;
    let listeners: readonly StreamListener[];
    let count = 0;
    let log = "";
    before(async () => {
      bed = await RouterBed.open(binary, { authority: new Authority() });
      [stranger, hop] = await Promise.all([
        RawPeer.open(bed.address(PLACES.stranger)),
        RawPeer.open(bed.address(PLACES.hop)),
      ]);
      hop.answer = "SIP/2.0 200 OK";
      await bed.program({
        names: { [PARTNER]: "A|" },
        sets: { "*": to(uri({ host: hop.host, port: 5060 })) },
      });
      listeners = (["tcp", "tls"] as const).map((transport) => ({
        name: transport.toUpperCase(),
        open: () => stranger.connect(bed.target(transport)),
      }));
      log = bed.router.log();
    });
    after(async () => {
      stranger.close();
      hop.close();
      await bed.close();
    });

    const places = (): Places => ({
      transport: "TCP",
      sender: stranger.address,
      from: LOCAL,
      to: PARTNER,
      unique: `frame${(count += 1)}x`,
    });

    const send = (text: string): Promise<void> => stranger.send(Buffer.from(text, "latin1"), bed.target());

    const arrived = (unique: string): boolean => hop.received.some((text) => text.includes(unique));
    const answered = (unique: string): boolean => stranger.received.join("").includes(unique);

    /** All workers, which take turns, and nothing in the log. */
    async function assertUnharmed(after: string): Promise<void> {
      for (const transport of ["udp", "tcp", "udp", "tcp"] as const) {
        const { status } = await bed.fromInside(`sip:bob@${PARTNER}`, { target: bed.target(transport) });
        assert.equal(status, 200, after);
      }
      bed.router.assertRunning();
      assert.equal(bed.router.log(), log, after);
    }

    test("every prefix of a message, in a datagram", async () => {
      const text = message(places(), [], [withBody("hello")]);
      hop.received.length = 0;
      for (let length = 0; length < text.length; length += 1) await send(text.slice(0, length));
      await assertUnharmed("prefixes");
      assert.deepEqual(
        hop.received.filter((it) => it.startsWith("OPTIONS sip:user")),
        [],
      );
    });

    test("every prefix of a message, over a stream that ends there", async () => {
      for (const { name, open } of listeners) {
        const text = message(places(), [], [withBody("hello")]);
        hop.received.length = 0;
        for (let length = 0; length < text.length; length += 1) {
          const stream = await open();
          stream.end(Buffer.from(text.slice(0, length)));
          await once(stream, "close");
        }
        await assertUnharmed(`prefixes over ${name}`);
        assert.deepEqual(
          hop.received.filter((it) => it.startsWith("OPTIONS sip:user")),
          [],
        );
      }
    });

    test("many messages in one segment, and one message a byte at a time", async () => {
      for (const { name, open } of listeners) {
        const stream = await open();
        const all = times(20, () => "").map(() => places());
        stream.write(all.map((it) => message(it, [], [withBody("hello")])).join("\r\n\r\n"));
        for (const { unique } of all) await waitFor(`an answer over ${name}`, () => answered(unique));
        const slow = places();
        for (const byte of message(slow, [], [withBody("hello")])) {
          await new Promise((resolve) => stream.write(byte, "latin1", resolve));
        }
        await waitFor(`an answer over ${name}`, () => answered(slow.unique));
        stream.destroy();
      }
    });

    for (const { what, relayed, write } of ODD) {
      test(what, async () => {
        const at = places();
        const text = write(at);
        assert.ok(text.length < DATAGRAM);
        await send(text);
        if (relayed) await waitFor("it to arrive", () => arrived(at.unique));
        for (const { open } of listeners) {
          const next = places();
          const stream = await open();
          stream.write(Buffer.from(write(next), "latin1"));
          if (relayed) await waitFor("it to arrive", () => arrived(next.unique));
          await assertUnharmed(what);
          assert.equal(arrived(next.unique), relayed);
          stream.destroy();
        }
        assert.equal(arrived(at.unique), relayed);
      });
    }

    test("a message that is longer than a datagram ends its stream, and no other", async () => {
      for (const { open } of listeners) {
        const [stream, other] = [await open(), await open()];
        const at = places();
        stream.write(message(at, [`Subject: ${"x".repeat(LIMIT)}`]));
        if (!stream.destroyed) await once(stream, "close");
        assert.ok(!arrived(at.unique));
        const next = places();
        other.write(message(next, []));
        await waitFor("the other stream to be served", () => answered(next.unique));
        other.destroy();
        await assertUnharmed("an oversized message");
      }
    });

    test("what is no SIP at all", async () => {
      const garbage = [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
        "\u0000".repeat(70_000),
        "\u00ff".repeat(70_000),
        "\r\n".repeat(30_000),
        ":".repeat(5_000),
      ];
      for (const { name, open } of listeners)
        for (const text of garbage) {
          const stream = await open();
          stream.end(Buffer.from(text, "latin1"));
          if (!stream.destroyed) await once(stream, "close");
          await assertUnharmed(`${JSON.stringify(text.slice(0, 20))} over ${name}`);
        }
    });
  });
}
