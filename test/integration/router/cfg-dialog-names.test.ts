/** Names that a peer gives as its Contact: found by RFC 3263, and held to the address that was checked. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { claimAddressBlock, type AddressBlock } from "../../support/addresses.ts";
import { call } from "../../support/call.ts";
import { DnsServer } from "../../support/dns-server.ts";
import { kamailioBinaries, type KamailioBinary } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed, to, uri } from "../../support/router-bed.ts";
import { Dialog } from "../../support/sip/dialog.ts";
import type { UserAgent } from "../../support/sip/user-agent.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const BOB = "sip:bob@partner.test";
const DNS_PORT = 53;
const TTL = 60;

/** The same program with a resolv.conf of its own: DNS servers of Kamailio have no other setting. */
function resolvingBy(binary: KamailioBinary, host: string): KamailioBinary {
  const directory = temporaryDirectory("resolver");
  const file = join(directory, "resolv.conf");
  const command = join(directory, "kamailio");
  writeFileSync(file, `nameserver ${host}\n`);
  const bind = `mount --bind ${file} /etc/resolv.conf && exec ${binary.command} "$@"`;
  writeFileSync(command, `#!/bin/sh\nexec unshare --mount sh -c '${bind}' kamailio "$@"\n`, { mode: 0o755 });
  return { ...binary, command };
}

for (const binary of kamailioBinaries()) {
  describe(
    `Kamailio ${binary.version}, names inside dialogs`,
    { skip: process.getuid?.() !== 0 && "a mount namespace needs root" },
    () => {
      let block: AddressBlock;
      let dns: DnsServer;
      let bed: RouterBed;
      let peer: UserAgent;
      let other: UserAgent;
      let victim: UserAgent;
      before(async () => {
        block = await claimAddressBlock();
        dns = await DnsServer.start(block.address(1), DNS_PORT);
        bed = await RouterBed.open(resolvingBy(binary, dns.host));
        [peer, other, victim] = [await bed.open(101), await bed.open(102), await bed.open(103)];
        await bed.program({ sets: { "*": to(uri(peer)) }, names: { "partner.test": "A|" } });
        await bed.router.write([`targets|127.0.0.0/8|${peer.host}/32,${other.host}/32`]);
      });
      after(async () => {
        await bed.close();
        await dns.stop();
        block.release();
      });

      /** A request of the inside after the peer has named `target`: its status. */
      async function led(target: string, method = "INFO"): Promise<number> {
        const from = `sip:alice@${LOCAL}`;
        const { caller } = await call({
          caller: bed.inside,
          callee: peer,
          target: bed.target(),
          uri: BOB,
          from,
        });
        const dialog = new Dialog(bed.inside, { ...caller.state, remoteTarget: target }, 10);
        return (await dialog.request(method)).status;
      }

      test("a name leads where its services are, by NAPTR and SRV or by SRV alone; with a port, by its address", async () => {
        const srv = { priority: 1, weight: 1, port: other.port, target: "host.names.test" };
        dns.set("host.names.test", "A", TTL, other.host);
        dns.set("names.test", "NAPTR", TTL, {
          order: 1,
          preference: 1,
          flags: "s",
          services: "SIP+D2T",
          regexp: "",
          replacement: "tcp.names.test",
        });
        dns.set("tcp.names.test", "SRV", TTL, srv);
        dns.set("_sip._udp.srv.test", "SRV", TTL, srv);
        dns.set("_sip._tcp.tcp-only.test", "SRV", TTL, srv);
        const targets = [
          "names.test",
          "srv.test",
          "tcp-only.test",
          "host.names.test",
          "HOST.names.test:5060",
        ];
        for (const host of targets)
          assert.equal(
            await led(`sip:bob@${host}`),
            200,
            `${host} ${JSON.stringify(dns.asked.map((a) => a.type + a.name))}`,
          );
        assert.deepEqual(
          other.received.map(({ transport }) => transport),
          ["tcp", "udp", "tcp", "udp", "udp"],
        );
      });

      test("neither an address nor a service leads to a refused network", async () => {
        dns.set("evil.test", "A", TTL, victim.host);
        dns.set("_sip._udp.evil-srv.test", "SRV", TTL, {
          priority: 1,
          weight: 1,
          port: 5060,
          target: "evil.test",
        });
        dns.set("alias.test", "CNAME", TTL, "evil.test");
        const targets = [
          "evil.test",
          "EVIL.test",
          "evil.test:5060",
          "evil.test;transport=tcp",
          "evil-srv.test",
          "alias.test",
        ];
        for (const target of targets) assert.equal(await led(`sip:bob@${target}`), 403, target);
        assert.equal(await led("sip:bob@nowhere.test"), 500);
        assert.deepEqual(victim.received, []);
      });

      test("the address that was checked is sent to, whatever the name says a moment later", async () => {
        let answers = 0;
        dns.set("rebound.test", "A", 0, other.host);
        dns.network = (asked, reply) => {
          if (asked.name !== "rebound.test" || asked.type !== "A") return [reply];
          answers += 1;
          const data = answers === 1 ? other.host : victim.host;
          return [{ ...reply, answers: [{ name: asked.name, type: "A", ttl: 0, data }] }];
        };
        assert.equal(await led("sip:bob@rebound.test:5060"), 200);
        assert.equal(await led("sip:bob@rebound.test:5060"), 403);
        assert.deepEqual(victim.received, []);
      });
    },
  );
}
