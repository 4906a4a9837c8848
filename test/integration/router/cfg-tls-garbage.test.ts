/** Bytes that are no TLS, and handshakes that nobody ends, at the TLS listener: they harm nobody, and nothing is left. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { after, before, describe, test } from "node:test";
import { Authority } from "../../support/authority.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { LOCAL, RouterBed } from "../../support/router-bed.ts";
import { seeded } from "../../support/torture/mutate.ts";
import { waitFor } from "../../support/wait-for.ts";

const TLS_PORT = 5061;
const SLACK = 256 * 1024;
const ROUNDS = 150;

/** What a client says first, TLS 1.3 and before. */
async function clientHello(host: string): Promise<Buffer> {
  const server = createServer();
  server.listen(0, host);
  await once(server, "listening");
  const client = connectTls({ host, port: (server.address() as AddressInfo).port });
  client.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  server.close();
  return hello;
}

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, garbage on TLS`, () => {
    let bed: RouterBed;
    let hello: Buffer;
    before(async () => {
      bed = await RouterBed.open(binary, { authority: new Authority() });
      await bed.program();
      hello = await clientHello(bed.address(62));
    });
    after(() => bed.close());

    /** Sends bytes over TCP to the TLS listener, and resolves when the connection has ended. */
    async function throwAt(...chunks: readonly Buffer[]): Promise<void> {
      const socket = connect({ host: bed.router.host, port: TLS_PORT, localAddress: bed.address(60) });
      socket.on("error", () => undefined);
      await once(socket, "connect");
      for (const chunk of chunks) socket.write(chunk);
      socket.end();
      socket.resume();
      if (!socket.closed) await once(socket, "close");
    }

    async function assertUnharmed(): Promise<void> {
      bed.router.assertRunning();
      for (const transport of ["tls", "udp"] as const) {
        const answer = await bed.fromOutside(`sip:alice@${LOCAL}`, { target: bed.target(transport) });
        assert.equal(answer.status, 200, transport);
      }
    }

    test("plain SIP, HTTP and nothing at all", async () => {
      for (const text of [
        `OPTIONS sip:${LOCAL} SIP/2.0\r\nVia: SIP/2.0/TLS x;branch=z9hG4bK1\r\n\r\n`,
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\n\r\n",
        "",
      ]) {
        await throwAt(Buffer.from(text));
      }
      await assertUnharmed();
    });

    test("every beginning of a handshake", async () => {
      for (let length = 1; length < hello.length; length += 7) await throwAt(hello.subarray(0, length));
      await throwAt(hello);
      await assertUnharmed();
    });

    test("handshakes with bits turned over, and bytes of chance, leave nothing behind", async () => {
      const random = seeded(5);
      const byte = (): number => Math.floor(random() * 256);
      const flood = async (): Promise<void> => {
        for (let n = 0; n < ROUNDS; n += 1) {
          const broken = Buffer.from(hello);
          for (let turns = 0; turns < 3; turns += 1) {
            const at = Math.floor(random() * broken.length);
            broken.writeUInt8(broken.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
          }
          await throwAt(n % 2 === 0 ? broken : Buffer.from(Array.from({ length: 200 }, byte)));
        }
      };
      const used = async (): Promise<number> =>
        ((await bed.router.rpc("core.shmmem")) as { real_used: number }).real_used;
      await flood();
      const first = await used();
      await flood();
      await waitFor("the memory to be given back", async () => (await used()) <= first + SLACK);
      await assertUnharmed();
    });

    test("those who connect and say nothing keep nobody away", async (t) => {
      const silent = Array.from({ length: 100 }, () =>
        connect({ host: bed.router.host, port: TLS_PORT, localAddress: bed.address(61) }),
      );
      t.after(() => {
        for (const socket of silent) socket.destroy();
      });
      await Promise.all(silent.map((socket) => once(socket, "connect")));
      for (const socket of silent) socket.write(hello.subarray(0, 40));
      await assertUnharmed();
    });

    test("what follows a sound handshake may be garbage too", async () => {
      const socket = connectTls({ host: bed.router.host, port: TLS_PORT, rejectUnauthorized: false });
      socket.on("error", () => undefined);
      await once(socket, "secureConnect");
      socket.write(Buffer.from("\u0000\u0001garbage\r\n\r\n".repeat(100)));
      socket.resume();
      await once(socket, "close");
      await assertUnharmed();
    });
  });
}
