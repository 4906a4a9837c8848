/** The baseline of messages over XMPP: a component whose messages come back from another server's component. */
import xml, { type Element } from "@xmpp/xml";
import { ComponentStreams } from "../src/xmpp/component/streams.ts";
import type { Gateway } from "../test/support/prosody.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { silent } from "./kamailio.ts";

const CONCURRENCY = 48;

export class ComponentEcho {
  readonly #streams: ComponentStreams;
  readonly #domain: string;
  #received = 0;
  #next: () => void = () => undefined;

  private constructor(gateway: Gateway, domain: string) {
    this.#domain = domain;
    this.#streams = new ComponentStreams({
      host: gateway.host,
      port: gateway.port,
      secret: () => gateway.secret,
      localDomains: [domain],
      received: (stanza) => {
        if (stanza.name === "message" && stanza.attrs.type !== "error") this.#received += 1;
        this.#next();
      },
      logger: silent,
    });
  }

  /** @param domain one of those of the gateway that is not anybody else's */
  static async open(gateway: Gateway, domain: string): Promise<ComponentEcho> {
    const echo = new ComponentEcho(gateway, domain);
    echo.#streams.start();
    await waitFor("the stream of the baseline", () => echo.#streams.up);
    return echo;
  }

  /** Messages a second that come back from users of this domain. */
  async rate(to: string, messages: number): Promise<number> {
    this.#received = 0;
    const startedAt = performance.now();
    let sent = 0;
    await new Promise<void>((resolve) => {
      this.#next = () => {
        while (sent < messages && sent - this.#received < CONCURRENCY) {
          sent += 1;
          void this.#streams.send(this.#message(to, sent));
        }
        if (this.#received >= messages) resolve();
      };
      this.#next();
    });
    return (1000 * messages) / (performance.now() - startedAt);
  }

  async close(): Promise<void> {
    await this.#streams.stop();
  }

  #message(to: string, n: number): Element {
    const attributes = { from: `user${n % CONCURRENCY}@${this.#domain}`, to: `bob@${to}`, id: String(n) };
    return xml("message", attributes, xml("body", {}, "hello"));
  }
}
