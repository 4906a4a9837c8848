/** What of @xmpp/component 0.13 is used here: nobody else declares its types. */
declare module "@xmpp/component" {
  import type { EventEmitter } from "node:events";
  import type { Socket } from "node:net";
  import type { Element } from "@xmpp/xml";

  export interface ComponentEntity extends EventEmitter {
    /** Undefined or null while there is no connection. */
    readonly socket: Socket | null | undefined;
    readonly reconnect: { stop(): void };
    /** Opens the connection; it does not settle when the socket is destroyed meanwhile. */
    connect(service: string): Promise<unknown>;
    /** Opens the stream; the handshake follows by itself, and then the event `online`. */
    open(options: { readonly domain: string }): Promise<unknown>;
    /** Resolves when the stanza is written. Rejects without a connection. */
    send(element: Element): Promise<void>;
    /** Closes the stream and the connection, within a few seconds. */
    stop(): Promise<unknown>;
    // start() is not for use: a connection that fails while it opens leaves a rejection that nobody handles
  }

  export function component(options: {
    /** `xmpp://host:port` */
    readonly service: string;
    readonly domain: string;
    readonly password: string;
  }): ComponentEntity;
}
