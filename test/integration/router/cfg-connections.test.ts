/** Strangers who take connections and do nothing with them: bounded, closed in time, and nobody else is kept away. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { kamailioBinaries, type KamailioBinary } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { RawPeer } from "../../support/sip/raw-peer.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";
import { END, ordinary } from "../../support/torture/message.ts";
import { waitFor } from "../../support/wait-for.ts";

const PARTNER = "partner.test";
const MAX = 300;
const UNUSED_SECONDS = 2;
const STRANGERS = 10_000;
/** Last numbers of addresses; 11 is in the inside network. */
const PLACES = { inside: 11, firstStranger: 40, strangers: 20, hop: 101 };

const isSix = (binary: KamailioBinary): boolean => binary.version.startsWith("6.");

interface Connection {
  readonly id: number;
  readonly src_port: number;
  readonly lifetime: number;
}

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, connections`, () => {
    let bed: RouterBed;
    let strangers: readonly RawPeer[];
    let hop: UserAgent;
    before(async () => {
      const env = {
        MAX_CONNECTIONS: `${MAX}`,
        MAX_PER_SOURCE: "100",
        UNUSED_IDLE_SECONDS: `${UNUSED_SECONDS}`,
      };
      bed = await RouterBed.open(binary, { env: { ...env, MESSAGE_SECONDS: "2", WORKERS: "1" } });
      strangers = await Promise.all(
        Array.from({ length: PLACES.strangers }, (_, n) =>
          RawPeer.open(bed.address(PLACES.firstStranger + n)),
        ),
      );
      hop = await bed.open(PLACES.hop);
      await bed.program({
        names: { [PARTNER]: "A|" },
        sets: { "*": to(uri(hop, "tcp")), [LOCAL]: to(uri(hop)) },
      });
    });
    after(async () => {
      for (const stranger of strangers) stranger.close();
      await bed.close();
    });

    const connections = async (): Promise<number> =>
      ((await bed.router.rpc("core.tcp_info")) as { opened_connections: number }).opened_connections;

    const usedMemory = async (): Promise<number> =>
      ((await bed.router.rpc("core.shmmem")) as { real_used: number }).real_used;

    const stranger = (n: number): RawPeer => {
      const one = strangers[n % strangers.length];
      assert.ok(one);
      return one;
    };

    const heldBy = (peers: readonly RawPeer[]): number =>
      peers.reduce((sum, { connected }) => sum + connected, 0);

    /** A stranger's connection, which the router may close at once. */
    const takeOne = (n: number): Promise<Socket> => stranger(n).connect(bed.target("tcp"));

    test("ten thousand idle connections: bounded, and who needs none of them is served", async () => {
      const before = { connections: await connections(), memory: await usedMemory() };
      for (let n = 0; n < STRANGERS; n += 1) await takeOne(n);
      await waitFor("the router to close what is beyond its limit", () => heldBy(strangers) <= MAX);
      assert.ok(Number(await bed.router.rpc("cnt.get", "tcp", "local_reject")) > 0);

      // over UDP; the second goes to a next hop over TCP, to which a new connection is opened
      assert.equal((await bed.fromOutside(`sip:alice@${LOCAL}`)).status, 200);
      assert.equal((await bed.fromInside(`sip:bob@${PARTNER}`)).status, 200);
      assert.ok((await bed.router.control.status()) !== undefined);
      assert.equal(await bed.router.isReady(), true);
      hop.closeConnections();

      await waitFor("idle connections to be closed", () => heldBy(strangers) === 0, { timeout: 30_000 });
      await waitFor("them to be forgotten", async () => (await connections()) <= before.connections);
      await waitFor("their memory", async () => (await usedMemory()) <= before.memory + 200_000);
      const inside = { target: bed.target("tcp") };
      assert.equal((await bed.fromInside(`sip:bob@${PARTNER}`, inside)).status, 200);
    });

    test("a connection that is too slow is closed, and holds nobody up", async () => {
      const text = Buffer.from(ordinary(placesOf("slow"), `OPTIONS sip:x@${PARTNER} SIP/2.0`).join("\r\n"));
      const [silent, half, dripping] = [await takeOne(0), await takeOne(1), await takeOne(2)];
      half.write(text);
      const drip = setInterval(() => dripping.write("X"), 50);
      dripping.write("OPTIONS ");
      const closed = [silent, half].map((socket) => once(socket, "close"));
      for (let n = 0; n < 10; n += 1) {
        const { status } = await bed.fromInside(`sip:bob@${PARTNER}`, { target: bed.target("tcp") });
        assert.equal(status, 200);
      }
      await Promise.all(closed);
      // 5.6 has no bound for a message that goes on arriving
      if (isSix(binary) && !dripping.destroyed) await once(dripping, "close");
      clearInterval(drip);
      dripping.destroy();
    });

    test("one address takes no more than its share", { skip: !isSix(binary) }, async () => {
      for (let n = 0; n < 200; n += 1) await stranger(0).connect(bed.target("tcp"));
      await waitFor("the rest to be closed", () => stranger(0).connected <= 100);
      assert.equal((await bed.fromInside(`sip:bob@${PARTNER}`, { target: bed.target("tcp") })).status, 200);
      stranger(0).closeConnections();
    });

    test("a connection that was of use may be silent for longer, one of the inside for an hour", async () => {
      const outside = stranger(0);
      const inside = await RawPeer.open(bed.address(PLACES.inside));
      const used = async (peer: RawPeer, requestUri: string, from: string): Promise<number | undefined> => {
        const socket = await peer.connect(bed.target("tcp"));
        const places = { ...placesOf(`${requestUri}${from}`), from };
        socket.write([...ordinary(places, `OPTIONS ${requestUri} SIP/2.0`), ...END].join("\r\n"));
        await waitFor("an answer", () => peer.received.join("").includes(places.unique));
        const all = (await bed.router.rpc("core.tcp_list")) as readonly Connection[];
        return all.find(({ src_port }) => src_port === socket.localPort)?.lifetime;
      };
      assert.equal(await used(inside, `sip:${LOCAL}`, LOCAL), UNUSED_SECONDS);
      assert.equal(await used(inside, `sip:bob@${PARTNER}`, LOCAL), 3600);
      assert.equal(await used(outside, `sip:${LOCAL}`, PARTNER), UNUSED_SECONDS);
      assert.equal(await used(outside, `sip:alice@${LOCAL}`, PARTNER), 240);
      outside.closeConnections();
      inside.close();
    });

    test("what is refused and closed leaves no word in the log", () => {
      assert.doesNotMatch(bed.router.log(), /ERROR|CRITICAL|BUG/);
    });

    const placesOf = (unique: string): Parameters<typeof ordinary>[0] => ({
      transport: "TCP",
      sender: bed.address(PLACES.inside),
      from: LOCAL,
      to: PARTNER,
      unique: unique.replace(/\W/g, ""),
    });
  });
}
