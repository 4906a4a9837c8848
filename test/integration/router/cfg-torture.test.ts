/** RFC 4475 at an edge proxy: every message of it, from both sides, over UDP and TCP. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { RawPeer } from "../../support/sip/raw-peer.ts";
import type { SipTransportName } from "../../support/sip/transport.ts";
import { tortureMessages } from "../../support/torture/index.ts";
import {
  END,
  ordinary,
  type Outcome,
  type Places,
  type TortureMessage,
} from "../../support/torture/message.ts";
import { waitFor } from "../../support/wait-for.ts";

const PARTNER = "partner.test";
/** Last numbers of addresses; 11 is in the inside network. */
const PLACES = { inside: 11, outside: 30, hop: 31 };
const QUICKLY = { interval: 2 };
const TRANSPORTS = ["udp", "tcp"] as const;
const SIDES = ["inside", "outside"] as const;

type Side = (typeof SIDES)[number];

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, RFC 4475`, () => {
    let bed: RouterBed;
    let peers: Record<Side, RawPeer>;
    let hop: RawPeer;
    let count = 0;
    let log = "";
    before(async () => {
      // one worker takes everything in turn: what is answered later was sent later
      bed = await RouterBed.open(binary, { env: { WORKERS: "1" } });
      const open = (place: number): Promise<RawPeer> => RawPeer.open(bed.address(place));
      const [inside, outside] = await Promise.all([open(PLACES.inside), open(PLACES.outside)]);
      peers = { inside, outside };
      hop = await open(PLACES.hop);
      const route = to(uri({ host: hop.host, port: 5060 }));
      await bed.program({ names: { [PARTNER]: "A|" }, sets: { "*": route, [LOCAL]: route } });
      log = bed.router.log();
    });
    after(async () => {
      for (const peer of [...Object.values(peers), hop]) peer.close();
      await bed.close();
    });

    const placesOf = (side: Side, transport: SipTransportName): Places => ({
      transport: transport === "udp" ? "UDP" : "TCP",
      sender: peers[side].address,
      ...(side === "inside" ? { from: LOCAL, to: PARTNER } : { from: PARTNER, to: LOCAL }),
      unique: `torture${(count += 1)}x`,
    });

    /** Status of the final response that has the mark of a request. */
    const statusAt = (peer: RawPeer, unique: string): number | undefined =>
      peer.received
        .filter((text) => text.includes(unique))
        .flatMap((text) => [...text.matchAll(/^SIP\/2\.0 ([2-6]\d\d) /gm)])
        .map(([, status]) => Number(status))[0];

    const relayed = (unique: string): string | undefined =>
      hop.received.find((text) => text.includes(unique));

    /** A sound request passes; returns the answer. */
    async function passes(side: Side, transport: SipTransportName): Promise<string> {
      const places = placesOf(side, transport);
      const text = [...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0`), ...END].join("\r\n");
      await peers[side].send(Buffer.from(text), bed.target(transport));
      const find = (): string | undefined => peers[side].received.find((it) => it.includes(places.unique));
      const found = await waitFor("a sound request to pass", find, QUICKLY);
      bed.router.assertRunning();
      return found;
    }

    async function outcomeOf(
      message: TortureMessage,
      side: Side,
      transport: SipTransportName,
    ): Promise<Outcome> {
      const places = placesOf(side, transport);
      const text = message.write(places);
      await peers[side].send(Buffer.from(text, "latin1"), bed.target(transport));
      if (expectedOf(message, side, transport) === "dropped") await passes(side, transport);
      else
        await waitFor(`an outcome of ${message.name}`, () => statusAt(peers[side], places.unique), QUICKLY);
      const arrived = relayed(places.unique);
      if (arrived === undefined) return statusAt(peers[side], places.unique) ?? "dropped";
      assert.equal(essence(arrived), essence(text.slice(0, lengthOf(text))), "arrives as it was sent");
      return "relayed";
    }

    for (const message of tortureMessages.filter(({ kind }) => kind === "message")) {
      const { section, name, what } = message;
      test(`${section} ${name}: ${what}`, async () => {
        for (const side of SIDES)
          for (const transport of TRANSPORTS) {
            hop.answer = "SIP/2.0 200 OK";
            const expected = expectedOf(message, side, transport);
            const at = `from the ${side}, ${transport}`;
            assert.equal(await outcomeOf(message, side, transport), expected, at);
            assert.match(await passes(side, transport), /^SIP\/2\.0 200 OK/, at);
            peers[side].closeConnections();
          }
      });
    }

    for (const { section, name, what, write } of tortureMessages.filter(({ kind }) => kind === "answer")) {
      test(`${section} ${name}: ${what}`, async () => {
        for (const side of SIDES)
          for (const transport of TRANSPORTS) {
            hop.answer = write(placesOf(side, transport));
            const [first] = (await passes(side, transport)).split("\r\n");
            assert.equal(first, hop.answer);
          }
      });
    }

    test("none of it leaves a word in the log", () => {
      assert.equal(bed.router.log(), log);
    });
  });
}

function expectedOf(
  { fromInside, fromOutside, overTcp }: TortureMessage,
  side: Side,
  transport: SipTransportName,
): Outcome {
  const outcome = side === "inside" ? fromInside : fromOutside;
  return transport === "tcp" ? (overTcp ?? outcome) : outcome;
}

/** What is beyond the body of a message is no part of it (RFC 3261 §18.3). */
function lengthOf(text: string): number {
  const end = text.indexOf("\r\n\r\n");
  const [, length] = /^(?:content-length|l)[ \t]*:[ \t]*(\d+)/im.exec(text.slice(0, end)) ?? [];
  return end + 4 + Number(length);
}

/** A message without the headers that a proxy has to change. */
function essence(text: string): string {
  return text.replace(/^(?:via|v|max-forwards|route|record-route)[ \t]*:.*\r\n(?:[ \t].*\r\n)*/gim, "");
}
