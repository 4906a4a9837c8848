/** After a flood of garbage everything is as before it: memory, open files, connections, transactions. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { Authority } from "../../support/authority.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { openFiles, privateBytes } from "../../support/process-group.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { RawPeer } from "../../support/sip/raw-peer.ts";
import { mutant, seeded } from "../../support/torture/mutate.ts";
import { waitFor } from "../../support/wait-for.ts";

const PARTNER = "partner.test";
const MESSAGES = 1500;
/** One of them takes a handshake each. */
const TRANSPORTS = ["UDP", "UDP", "UDP", "TCP", "TCP", "TCP", "TLS"] as const;
/** Last numbers of addresses; 11 is in the inside network. */
const PLACES = { inside: 11, outside: 30, hop: 31 };
const SHORT = { NON_INVITE_TIMEOUT_MS: "500", INVITE_TIMEOUT_MS: "500", DOWN_SECONDS: "1" };
/**
 * By how much two measurements of the same differ: bytes that all processes share, bytes of their own, which each of them
 * takes as it first needs them, and files, of which each keeps some. A leak with each message would be more.
 */
const SLACK = { shared: 256 * 1024, private: 1024 * 1024, files: 16 };

interface Held {
  readonly shared: number;
  readonly private: number;
  readonly files: number;
  readonly connections: number;
}

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, leaks`, () => {
    let bed: RouterBed;
    let peers: readonly RawPeer[];
    let hop: RawPeer;
    before(async () => {
      bed = await RouterBed.open(binary, { authority: new Authority(), env: SHORT });
      peers = await Promise.all([
        RawPeer.open(bed.address(PLACES.inside)),
        RawPeer.open(bed.address(PLACES.outside)),
      ]);
      hop = await RawPeer.open(bed.address(PLACES.hop));
      hop.answer = "SIP/2.0 200 OK";
      const route = to(uri({ host: hop.host, port: 5060 }));
      await bed.program({ names: { [PARTNER]: "A|" }, sets: { "*": route, [LOCAL]: route } });
    });
    after(async () => {
      for (const peer of [...peers, hop]) peer.close();
      await bed.close();
    });

    async function flood(seed: number): Promise<void> {
      const random = seeded(seed);
      for (let n = 0; n < MESSAGES; n += 1) {
        const peer = peers[n % 2];
        assert.ok(peer);
        const domains = n % 2 === 0 ? { from: LOCAL, to: PARTNER } : { from: PARTNER, to: LOCAL };
        const transport = TRANSPORTS[n % TRANSPORTS.length] ?? "UDP";
        const data = mutant(
          { ...domains, transport, sender: peer.address, unique: `leak${seed}n${n}` },
          random,
        );
        if (transport === "UDP") await peer.send(data, bed.target());
        else {
          const stream = await peer.connect(bed.target(transport === "TCP" ? "tcp" : "tls"));
          stream.end(data);
          if (!stream.destroyed) await once(stream, "close");
        }
      }
    }

    async function held(): Promise<Held> {
      const { real_used: shared } = (await bed.router.rpc("core.shmmem")) as { real_used: number };
      const { opened_connections: connections } = (await bed.router.rpc("core.tcp_info")) as {
        opened_connections: number;
      };
      const { pid } = bed.router;
      return { shared, connections, private: privateBytes(pid), files: openFiles(pid) };
    }

    test("a flood of mutants leaves nothing behind", async () => {
      const transactions = async (): Promise<number> =>
        ((await bed.router.rpc("tm.stats")) as { current: number }).current;
      const over = (): Promise<true> =>
        waitFor("all transactions to end", async () => (await transactions()) === 0, { timeout: 60_000 });
      await flood(1);
      await over();
      const before = await held();
      await flood(2);
      await over();
      await waitFor("what the flood took to be given back", async () => {
        const now = await held();
        return (
          now.shared <= before.shared + SLACK.shared &&
          now.private <= before.private + SLACK.private &&
          now.files <= before.files + SLACK.files &&
          now.connections <= before.connections
        );
      });
      assert.equal((await bed.fromInside(`sip:bob@${PARTNER}`)).status, 200);
      assert.equal((await bed.fromOutside(`sip:alice@${LOCAL}`)).status, 200);
      bed.router.assertRunning();
    });
  });
}
