import type { Element } from "@xmpp/xml";
import type { XmppSide } from "../../src/xmpp/types.ts";

/** XMPP as the gateway sees it, played by a test: what was sent is kept, in order, questions among it. */
export class RecordingXmpp implements XmppSide {
  readonly stanzas: Element[] = [];
  /** False: no stream. */
  up = true;
  /** Answers a question; silence unless told. */
  answer: (iq: Element) => Promise<Element | undefined> = () => Promise.resolve(undefined);

  send(stanza: Element): Promise<boolean> {
    if (this.up) this.stanzas.push(stanza);
    return Promise.resolve(this.up);
  }

  async ask(iq: Element): Promise<Element | undefined> {
    return (await this.send(iq)) ? this.answer(iq) : undefined;
  }

  /** Of one kind: message, presence, iq. */
  named(name: string): Element[] {
    return this.stanzas.filter((stanza) => stanza.name === name);
  }
}
