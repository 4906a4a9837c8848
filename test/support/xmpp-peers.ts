/** Peers on the XMPP port of an address that are no XMPP servers, or none that works. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { ManagedProcess } from "./processes.ts";
import { XMPP_PORTS } from "./prosody.ts";
import { temporaryDirectory } from "./temporary.ts";
import { waitFor } from "./wait-for.ts";

/** Whose end ends the peer too: a TestContext fits. */
export interface Lifetime {
  after(end: () => unknown): void;
}

/** What it does with what it is sent, and with the connection. */
type Answer = (socket: Socket) => void;

/** Listens until the end of the test. */
async function listen(t: Lifetime, host: string, answer: Answer): Promise<void> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.resume();
    answer(socket);
  });
  server.listen(XMPP_PORTS.s2s, host);
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

/** Takes connections, and says nothing. */
export async function silentPeer(t: Lifetime, host: string): Promise<void> {
  await listen(t, host, () => undefined);
}

/** Closes every connection at once. */
export async function closingPeer(t: Lifetime, host: string): Promise<void> {
  await listen(t, host, (socket) => socket.end());
}

/** Speaks HTTP, and takes what it is sent for a bad request. */
export async function httpPeer(t: Lifetime, host: string): Promise<void> {
  await listen(t, host, (socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  });
}

/** Answers with bytes by chance, which are no XML. */
export async function garbagePeer(t: Lifetime, host: string): Promise<void> {
  await listen(t, host, (socket) => {
    socket.once("data", () => socket.write(crypto.getRandomValues(Buffer.alloc(512))));
  });
}

/** Answers the stream's opening with this stream error (RFC 6120 §4.9), before TLS. */
export async function refusingPeer(t: Lifetime, host: string, condition: string): Promise<void> {
  const opening = `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>`;
  const error = `<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`;
  await listen(t, host, (socket) => {
    socket.once("data", () => socket.end(opening + error));
  });
}

/** Never takes a connection: its queue of new ones is full, so that packets to it are lost. */
export async function blackHole(t: Lifetime, host: string): Promise<void> {
  const script = `require("net").createServer().listen(
    { host: "${host}", port: ${XMPP_PORTS.s2s}, backlog: 1 },
    () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  )`;
  const peer = new ManagedProcess({
    name: "a black hole",
    command: process.execPath,
    args: ["-e", script],
    logFile: join(temporaryDirectory("black-hole"), "log"),
  });
  const sockets: Socket[] = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await peer.kill();
  });
  await waitFor("the queue to be full", async () => {
    const socket = connect(XMPP_PORTS.s2s, host);
    sockets.push(socket);
    const events = ["connect", "error"].map((event) => once(socket, event).then(() => event));
    const silence = new Promise<string>((resolve) => setTimeout(resolve, 200, "silence"));
    return (await Promise.race([...events, silence])) === "silence";
  });
}
