/** Where responses go, and how requests come back to the router: RFC 3261 §18, RFC 3581, RFC 5658. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { randomToken } from "../../support/sip/build.ts";
import { header, headers, serialise, type Header } from "../../support/sip/message.ts";
import { UserAgent, type SentRequest } from "../../support/sip/user-agent.ts";
import { waitFor } from "../../support/wait-for.ts";
import { BOB, openPartner, requestHeaders, requestOf } from "./setup.ts";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, transport`, () => {
    let bed: RouterBed;
    before(async () => {
      bed = await RouterBed.open(binary);
    });
    after(() => bed.close());

    /** Sends a MESSAGE to `BOB` with a Via as it is written. */
    function send(via: string, transport: "udp" | "tcp" = "udp"): SentRequest {
      const own = requestHeaders(bed.inside, "MESSAGE").filter(([name]) => name !== "Via");
      return bed.inside.sendMessage(requestOf("MESSAGE", [["Via", via], ...own]), bed.target(transport));
    }

    test("RFC 3261 §18.2.1: received tells the source where sent-by is a name or another address", async (t) => {
      const peer = await openPartner(bed, t);
      for (const host of ["client.example.com", "192.0.2.7", "client.example.com:5060"]) {
        const answer = await send(`SIP/2.0/UDP ${host};branch=z9hG4bK${randomToken()}`).final;
        assert.equal(answer.status, 200);
        const received = peer.received.at(-1) ?? assert.fail();
        assert.match(headers(received, "Via")[1] ?? "", new RegExp(`${host};.*received=${bed.inside.host}`));
      }
    });

    test("RFC 3581 §4: rport is filled in, and the response goes to the port that the request came from", async (t) => {
      const peer = await openPartner(bed, t);
      const answer = await send(`SIP/2.0/UDP ${bed.inside.host}:5999;rport;branch=z9hG4bK${randomToken()}`)
        .final;
      assert.equal(answer.status, 200);
      const [, via = ""] = headers(peer.received[0] ?? assert.fail(), "Via");
      assert.match(via, /;rport=5060/);
      assert.match(via, new RegExp(`;received=${bed.inside.host}`));
    });

    test("RFC 3261 §18.2.2: without rport the response goes to the port of sent-by", async (t) => {
      await openPartner(bed, t);
      const other = await UserAgent.open({ host: bed.inside.host, port: 5999 });
      t.after(() => other.close());
      void send(`SIP/2.0/UDP ${bed.inside.host}:5999;branch=z9hG4bKelsewhere`).final.catch(() => undefined);
      const answer = await waitFor("the response", () => other.strayResponses[0]);
      assert.equal(answer.status, 200);
    });

    test("RFC 3261 §18.2.2: over TCP the response comes on the connection of its request", async (t) => {
      await openPartner(bed, t);
      const { status } = await send(`SIP/2.0/TCP 192.0.2.7:9;branch=z9hG4bK${randomToken()}`, "tcp").final;
      assert.equal(status, 200);
    });

    test("RFC 3261 §7.3.1, §16.7 (9): several Vias in one header field all come back, in order", async (t) => {
      const peer = await openPartner(bed, t);
      const branch = `z9hG4bK${randomToken()}`;
      const first = `SIP/2.0/UDP ${bed.inside.host}:5060;branch=${branch}`;
      const rest = ["SIP/2.0/UDP two.example:5062;branch=z9hG4bKtwo", "SIP/2.0/TCP [2001:db8::3];branch=3"];
      const answer = await send([first, ...rest].join(", ")).final;
      assert.equal(answer.status, 200);
      assert.deepEqual(headers(answer, "Via").slice(1), rest);
      assert.deepEqual(headers(peer.received[0] ?? assert.fail(), "Via").slice(2), rest);
    });

    test("RFC 3261 §17.1.1.2, §17.1.2.2: over UDP a request is sent again until it is answered, over TCP once", async (t) => {
      const [datagrams, stream] = [createSocket("udp4"), await bed.peer(t)];
      const arrived: string[] = [];
      datagrams.on("message", (data) => arrived.push(data.toString()));
      datagrams.bind(5060, bed.address(201));
      await once(datagrams, "listening");
      t.after(() => datagrams.close());
      stream.handler = () => undefined;
      const slow = uri({ host: bed.address(201), port: 5060 });
      await bed.program({
        names: { "slow.test": "A|slow.test", "stream.test": "A|stream.test" },
        sets: { "slow.test": to(slow), "stream.test": to(uri(stream, "tcp")) },
      });
      for (const method of ["MESSAGE", "INVITE"]) {
        const [, second] = ["slow.test", "stream.test"].map((domain) =>
          bed.inside.send({ method, uri: `sip:bob@${domain}`, target: bed.target("tcp") }),
        );
        const copies = (): string[] => arrived.filter((it) => it.startsWith(`${method} `));
        await waitFor("it to be sent three times", () => copies().length === 3);
        assert.equal(new Set(copies()).size, 1, "the same each time");
        assert.equal(stream.received.filter((it) => it.method === method).length, 1);
        assert.ok(second);
      }
    });

    test("RFC 5658 §5: two Record-Routes where the transports of both sides differ, one where they do not", async (t) => {
      const own = `${bed.router.host}:5060`;
      const peer = await bed.peer(t);
      for (const [from, onward] of [
        ["udp", "udp"],
        ["udp", "tcp"],
        ["tcp", "udp"],
        ["tcp", "tcp"],
      ] as const) {
        await bed.program({ sets: { "*": to(uri(peer, onward)) }, names: { "partner.test": "A|" } });
        const target = bed.target(from);
        assert.equal((await bed.fromInside(BOB, { method: "INVITE", target })).status, 200);
        const recorded = headers(peer.received.at(-1) ?? assert.fail(), "Record-Route");
        const near = from === "tcp" ? `<sip:${own};transport=tcp;lr;` : `<sip:${own};lr;`;
        const far = onward === "tcp" ? `<sip:${own};transport=tcp;lr;` : `<sip:${own};lr;`;
        const expected = from === onward ? [near] : [far, near];
        assert.deepEqual(
          recorded.map((value, i) => value.startsWith(expected[i] ?? "none")),
          expected.map(() => true),
          recorded.join("\n"),
        );
      }
    });

    test("RFC 3261 §16.4: a Request-URI that a strict router took from our Record-Route gives way to the last Route", async (t) => {
      const peer = await openPartner(bed, t);
      const sent = bed.inside.send({
        method: "INVITE",
        uri: BOB,
        target: bed.target(),
        from: `sip:alice@${LOCAL}`,
      });
      const answer = await sent.final;
      const [recorded = ""] = headers(answer, "Record-Route");
      const within = (method: string): Header[] => [
        ["From", header(sent.request, "From")],
        ["To", header(answer, "To")],
        ["Call-ID", header(answer, "Call-ID")],
        ["CSeq", `2 ${method}`],
        ["Route", `<sip:bob@${peer.host}:5060>`],
      ];
      const ended = await bed.inside.request({
        method: "BYE",
        uri: recorded.replace(/[<>]/g, ""),
        target: bed.target(),
        headers: within("BYE"),
      });
      assert.equal(ended.status, 200);
      const bye = peer.received.at(-1) ?? assert.fail();
      assert.deepEqual(
        [bye.method, bye.uri, headers(bye, "Route")],
        ["BYE", `sip:bob@${peer.host}:5060`, []],
      );
    });

    test("RFC 3261 §18.3: what a datagram has beyond its Content-Length is cut off; less is 400", async (t) => {
      const peer = await openPartner(bed, t);
      const send = async (length: string, ...more: Header[]): Promise<number> => {
        const own: Header[] = [...requestHeaders(bed.inside, "MESSAGE"), ["Content-Length", length], ...more];
        return (
          await bed.inside.sendMessage(requestOf("MESSAGE", own, "hello\u0000, world"), bed.target()).final
        ).status;
      };
      const type: Header = ["Content-Type", "text/plain;charset=utf-8"];
      assert.equal(await send("14", type), 400);
      assert.equal(await send("6", type), 200);
      assert.equal(await send("6"), 200, "without a type");
      assert.equal(await send("0"), 200);
      assert.deepEqual(
        peer.received.map((it) => [it.body, header(it, "Content-Length")]),
        [
          ["hello\u0000", "6"],
          ["hello\u0000", "6"],
          ["", "0"],
        ],
      );
      assert.equal(header(peer.received[0] ?? assert.fail(), "Content-Type"), type[1]);
    });

    test("RFC 3261 §7.5, §18.3: line ends before a message are skipped on a stream, and messages may share a segment", async (t) => {
      const peer = await openPartner(bed, t);
      const one = (): string =>
        `\r\n\r\n${serialise(requestOf("MESSAGE", requestHeaders(bed.inside, "MESSAGE"), "x")).toString()}`;
      await bed.inside.sendRaw(Buffer.from(one() + one() + one()), bed.target("tcp"));
      await waitFor("all of them", () => peer.received.length === 3);
    });

    test("RFC 3261 §18.1.1: a message as long as a datagram may be passes over TCP", async (t) => {
      const peer = await openPartner(bed, t, "tcp");
      const body = "x".repeat(65_000);
      const { status } = await bed.fromInside(BOB, { target: bed.target("tcp"), body });
      assert.equal(status, 200);
      assert.equal(peer.received.at(-1)?.body, body);
    });

    test("RFC 3261 §18: TCP on either side, and many requests over one connection", async (t) => {
      const peer = await openPartner(bed, t, "tcp");
      // two workers that find no connection at the same moment open one each
      assert.equal((await bed.fromInside(BOB, { target: bed.target("tcp") })).status, 200);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          bed.fromInside(`sip:user${i}@partner.test`, { target: bed.target("tcp"), body: "x".repeat(3_000) }),
        ),
      );
      assert.deepEqual(
        answers.map(({ status, reason }) => `${status} ${reason}`),
        answers.map(() => "200 Test"),
      );
      assert.equal(new Set(peer.received.map((it) => `${it.transport} ${it.source.port}`)).size, 1);
      const connections = async (): Promise<number> =>
        ((await bed.router.rpc("core.tcp_info")) as { readonly opened_connections: number })
          .opened_connections;
      const before = await connections();
      peer.closeConnections();
      await waitFor("the router to notice", async () => (await connections()) < before);
      assert.equal(
        (await bed.fromInside(BOB, { target: bed.target("tcp") })).status,
        200,
        "over a new connection",
      );
    });
  });
}
