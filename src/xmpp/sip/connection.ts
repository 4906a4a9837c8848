import type { Socket } from "node:net";
import { MessageReader, write, type SipMessage } from "./codec.ts";

export interface ConnectionHandlers {
  readonly message: (message: SipMessage, connection: SipConnection) => void;
  /** Called once, when nothing more comes or can be sent. `garbage` says why it was closed from here. */
  readonly closed: (connection: SipConnection, garbage?: string) => void;
}

/** Bytes that may wait for a router that does not read. */
const MAX_WAITING = 8 * 1024 * 1024;

/** SIP messages over one TCP connection; garbage closes it. */
export class SipConnection {
  readonly #socket: Socket;
  readonly #handlers: ConnectionHandlers;
  readonly #reader = new MessageReader();
  #open = true;

  /** @param socket connected */
  constructor(socket: Socket, handlers: ConnectionHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#read(chunk);
    });
    // an error is followed by close
    socket.on("error", () => undefined);
    socket.on("end", () => {
      this.#close();
    });
    socket.on("close", () => {
      this.#close();
    });
  }

  /** False when it is closed, or too much waits already: then nothing of the message is sent. */
  send(message: SipMessage): boolean {
    if (!this.#open || this.#socket.writableLength > MAX_WAITING) return false;
    this.#socket.write(write(message));
    return true;
  }

  /** Ends it when what was sent has gone out. */
  end(): void {
    this.#socket.destroySoon();
    this.#close();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#close();
  }

  #read(chunk: Buffer): void {
    if (!this.#open) return;
    const { messages, garbage } = this.#reader.push(chunk);
    for (const message of messages) this.#handlers.message(message, this);
    if (garbage === undefined) return;
    this.#socket.destroy();
    this.#close(garbage);
  }

  #close(garbage?: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#handlers.closed(this, garbage);
  }
}
