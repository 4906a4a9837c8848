/**
 * Port forwarding as a kubelet serves it over a WebSocket (RFC 6455), and an API server passes it on: subprotocol
 * v4.channel.k8s.io, channel 0 for data and 1 for errors, each of which begins with the port, little-endian.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

const PROTOCOL = "v4.channel.k8s.io";
const ACCEPT_SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const OPCODE = { binary: 2, close: 8 };
const CHANNEL = { data: 0, error: 1 };

/** What becomes of a request to forward: the address that plays the port in the pod, or the status that refuses it. */
export type ForwardTo = (
  path: string,
  port: number,
) => { readonly host: string; readonly port: number } | number;

/** Lets a server answer requests to forward a port. */
export function servePortForward(server: Server, target: ForwardTo): void {
  server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
    socket.on("error", () => undefined);
    const url = new URL(request.url ?? "/", "http://pod");
    // the kubelet calls it port, the API server ports
    const port = Number(url.searchParams.get("port") ?? url.searchParams.get("ports"));
    const found = target(url.pathname, port);
    const isOffered = request.headers["sec-websocket-protocol"]?.split(/, ?/).includes(PROTOCOL) ?? false;
    if (typeof found === "number" || !isOffered) {
      socket.end(`HTTP/1.1 ${typeof found === "number" ? found : 400} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    accept(request, socket);
    forward(socket, connect(found.port, found.host), port);
  });
}

function accept({ headers }: IncomingMessage, socket: Duplex): void {
  const key = createHash("sha1").update(`${headers["sec-websocket-key"] ?? ""}${ACCEPT_SALT}`);
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${key.digest("base64")}`,
    `Sec-WebSocket-Protocol: ${PROTOCOL}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
}

function forward(socket: Duplex, inPod: Socket, port: number): void {
  const portNumber = Buffer.alloc(2);
  portNumber.writeUInt16LE(port);
  for (const channel of Object.values(CHANNEL)) socket.write(frame(channel, portNumber));
  inPod.on("data", (data) => socket.write(frame(CHANNEL.data, data)));
  inPod.on("error", (error) => socket.write(frame(CHANNEL.error, Buffer.from(error.message))));
  inPod.on("close", () => socket.end(Buffer.from([0x80 | OPCODE.close, 0])));
  let received = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (let next = unframe(received); next; next = unframe(received)) {
      received = received.subarray(next.length);
      if (next.opcode === OPCODE.close) inPod.end();
      else if (next.payload[0] === CHANNEL.data) inPod.write(next.payload.subarray(1));
    }
  });
  socket.on("close", () => inPod.destroy());
}

/** An unmasked binary frame, as a server sends it. */
function frame(channel: number, data: Buffer): Buffer {
  const length = data.length + 1;
  const head =
    length < 126
      ? Buffer.from([0x80 | OPCODE.binary, length])
      : Buffer.from([0x80 | OPCODE.binary, 126, 0, 0]);
  if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, Buffer.from([channel]), data]);
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Of the frame as it came. */
  readonly length: number;
}

/** The first frame of a client, which masks its payload; undefined until it is there as a whole. */
function unframe(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = short === 126 ? 4 : 2;
  if (bytes.length < head + 4) return undefined;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  const length = head + 4 + size;
  if (bytes.length < length) return undefined;
  const mask = bytes.subarray(head, head + 4);
  const payload = bytes.subarray(head + 4, length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload: Buffer.from(payload), length };
}
