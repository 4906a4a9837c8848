import type { Server, Socket } from "node:net";
import { MessageReader, type SipMessage } from "../../src/xmpp/sip/codec.ts";
import type { SipRequest } from "../../src/xmpp/sip/types.ts";

/** The router as the XMPP gateway's SIP endpoint sees it: a listener for its requests. Unanswered until `answer` is set. */
export class RouterSide {
  readonly requests: SipRequest[] = [];
  readonly sockets: Socket[] = [];
  answer: ((request: SipRequest, socket: Socket) => void) | undefined;
  readonly server: Server;

  constructor(server: Server) {
    this.server = server;
    server.on("connection", (socket) => {
      this.sockets.push(socket);
      follow(socket, (message) => {
        if (!("method" in message)) return;
        this.requests.push(message);
        this.answer?.(message, socket);
      });
    });
  }
}

/** Reads SIP messages from a socket. */
export function follow(socket: Socket, take: (message: SipMessage) => void): void {
  const reader = new MessageReader();
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    reader.push(chunk).messages.forEach(take);
  });
}
