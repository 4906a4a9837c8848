/** A presence gateway between a SIP side and an XMPP side that a test plays. */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import xml, { type Element } from "@xmpp/xml";
import { PresenceGateway } from "../../src/xmpp/presence/gateway.ts";
import type { Clock, PresenceOptions } from "../../src/xmpp/presence/types.ts";
import { header, parameter } from "../../src/xmpp/sip/headers.ts";
import type { Headers, SipAnswer, SipRequest, SipResponse } from "../../src/xmpp/sip/types.ts";
import { recordingLogger } from "./recording-logger.ts";

export const ROMEO = "romeo@local.example";
export const JULIET = "juliet@far.example";
export const CONTACT = "sip:gateway@127.0.0.1:8066;transport=tcp";
/** 2026-01-01. */
const START_MS = 1_767_225_600_000;

/** Time that moves when it is told to. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { at: number; run: () => void }[] = [];

  constructor(now = START_MS) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets so many milliseconds pass, with everything that is due in them in its order. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (;;) {
      const next = this.#timers.toSorted((one, other) => one.at - other.at)[0];
      if (next === undefined || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.run();
      await turn();
    }
    this.#now = end;
  }
}

type Answer = Partial<SipResponse> & { readonly status: number };

export interface PresenceBedOptions extends Partial<Pick<PresenceOptions, "maxSubscriptions">> {
  readonly saved?: string;
  readonly now?: number;
}

export class PresenceBed {
  readonly clock: ManualClock;
  readonly log = recordingLogger();
  readonly gateway: PresenceGateway;
  /** Requests of the gateway, in order. */
  readonly requests: SipRequest[] = [];
  /** Stanzas of the gateway, in order. */
  readonly stanzas: Element[] = [];
  /** What was written down last. */
  saved: string | undefined;
  saves = 0;
  /** How the SIP side answers. */
  answer: (request: SipRequest) => Answer | Promise<Answer> = () => ({ status: 200 });
  /** False: there is no stream. */
  isXmppUp = true;

  constructor({ saved, now, maxSubscriptions }: PresenceBedOptions = {}) {
    this.saved = saved;
    this.clock = new ManualClock(now);
    this.gateway = new PresenceGateway({
      sip: {
        request: async (request) => {
          this.requests.push(request);
          return { reason: "", headers: [], body: Buffer.alloc(0), ...(await this.answer(request)) };
        },
      },
      xmpp: {
        // eslint-disable-next-line @typescript-eslint/require-await -- the interface
        send: async (stanza) => {
          if (this.isXmppUp) this.stanzas.push(stanza);
          return this.isXmppUp;
        },
        // eslint-disable-next-line @typescript-eslint/require-await -- the interface
        ask: async () => undefined,
      },
      store: {
        // eslint-disable-next-line @typescript-eslint/require-await -- the interface
        load: async () => this.saved,
        // eslint-disable-next-line @typescript-eslint/require-await -- the interface
        save: async (text) => {
          this.saved = text;
          this.saves += 1;
        },
      },
      contact: CONTACT,
      clock: this.clock,
      log: this.log,
      ...(maxSubscriptions !== undefined && { maxSubscriptions }),
    });
  }

  static async open(options: PresenceBedOptions = {}): Promise<PresenceBed> {
    const bed = new PresenceBed(options);
    await bed.gateway.start();
    return bed;
  }

  /** A bed that goes on with what this one has written down, after so many milliseconds. */
  async restarted(afterMs = 2_000): Promise<PresenceBed> {
    await this.gateway.stop();
    const saved = this.saved ?? "";
    return PresenceBed.open({ saved, now: this.clock.now() + afterMs });
  }

  /** A presence stanza from the outside; Juliet's to Romeo unless told. */
  async fromXmpp(
    attributes: Readonly<Record<string, string>> = {},
    ...children: readonly Element[]
  ): Promise<void> {
    await this.gateway.fromXmpp(xml("presence", { from: JULIET, to: ROMEO, ...attributes }, ...children));
    await this.clock.advance(0);
  }

  /** A request of the inside, and then what follows from it at once. */
  async fromSip(request: SipRequest): Promise<SipAnswer> {
    const answer = await this.gateway.fromSip(request);
    await this.clock.advance(0);
    return answer;
  }

  /** The requests since the last look. */
  takeRequests(): SipRequest[] {
    return this.requests.splice(0);
  }

  /** The stanzas since the last look, as `from > to: type`, then what they hold. */
  takeStanzas(): string[] {
    return this.stanzas.splice(0).map(outline);
  }
}

/** A stanza in short: `from > to: type`, its show, priority, statuses, and the condition of an error. */
export function outline(stanza: Element): string {
  const { from, to, type } = stanza.attrs as Record<string, string | undefined>;
  const parts = ["show", "priority", "status"].flatMap((name) =>
    stanza.getChildren(name).map((child) => ` ${name}=${child.getText()}`),
  );
  const conditions = stanza.getChild("error")?.getChildElements() ?? [];
  return `${from ?? ""} > ${to ?? ""}: ${type ?? "available"}${parts.join("")}${conditions.map((some) => ` ${some.getName()}`).join("")}`;
}

export interface SubscribeParts {
  readonly callId?: string;
  readonly cseq?: number;
  readonly toTag?: string;
  readonly fromTag?: string;
  /** Seconds; null: none. */
  readonly expires?: number | null;
  readonly from?: string;
  readonly to?: string;
  /** In place of those of the same name. */
  readonly headers?: Headers;
}

/** A SUBSCRIBE of a user agent of Romeo's for Juliet's presence. */
export function subscribe(parts: SubscribeParts = {}): SipRequest {
  const { callId = "call-1", cseq = 1, toTag, fromTag = "ua", expires = 3600, headers = [] } = parts;
  const { from = `sip:${ROMEO}`, to = `sip:${JULIET}` } = parts;
  const own: Headers = [
    ["Record-Route", "<sip:127.0.0.1:8067;transport=tcp;lr;mark=o1>"],
    ["From", `<${from}>;tag=${fromTag}`],
    ["To", toTag === undefined ? `<${to}>` : `<${to}>;tag=${toTag}`],
    ["Call-ID", callId],
    ["CSeq", `${cseq} SUBSCRIBE`],
    ["Contact", "<sip:romeo@192.0.2.7:5070>"],
    ["Event", "presence"],
    ["Accept", "application/pidf+xml"],
    ...(expires === null ? [] : [["Expires", String(expires)] as const]),
  ];
  const kept = own.filter(([name]) => !headers.some(([other]) => other === name));
  return {
    method: "SUBSCRIBE",
    uri: to,
    headers: [...kept, ...headers.filter(([, value]) => value !== "")],
    body: Buffer.alloc(0),
  };
}

/** A NOTIFY that follows a SUBSCRIBE of the gateway, from the contact's user agent with the tag `pres`. */
export function notify(
  request: SipRequest,
  state: string,
  { body = "", cseq = 1, tag = "pres", headers = [] as Headers } = {},
): SipRequest {
  const own: Headers = [
    ["Record-Route", "<sip:127.0.0.1:8067;transport=tcp;lr;mark=i1>"],
    ["From", `<${request.uri}>;tag=${tag}`],
    ["To", valueOf(request, "From")],
    ["Call-ID", valueOf(request, "Call-ID")],
    ["CSeq", `${cseq} NOTIFY`],
    ["Contact", "<sip:romeo@192.0.2.9:5080>"],
    ["Event", "presence"],
    ["Subscription-State", state],
    ...(body === "" ? [] : [["Content-Type", "application/pidf+xml"] as const]),
  ];
  const kept = own.filter(([name]) => !headers.some(([other]) => other === name));
  return {
    method: "NOTIFY",
    uri: CONTACT,
    headers: [...kept, ...headers.filter(([, value]) => value !== "")],
    body: Buffer.from(body),
  };
}

/** The header of a request that has it. */
export function valueOf(request: SipRequest, name: string): string {
  const value = header(request.headers, name);
  if (value === undefined) throw new Error(`no ${name} in a ${request.method}`);
  return value;
}

/** A NOTIFY in short: its Subscription-State, and `open` or `closed` with show and notes where it has a document. */
export function notice(request: SipRequest): string {
  const body = request.body.toString();
  const parts = ["basic", "show", "note"].flatMap((name) =>
    Array.from(body.matchAll(new RegExp(`<${name}\\b[^>]*>([^<]*)<`, "g")), ([, text = ""]) => ` ${text}`),
  );
  return `${valueOf(request, "Subscription-State").replace(/;expires=\d+/, "")}${parts.join("")}`;
}

/** The tag of the To header of an answer. */
export function tagOf(answer: SipAnswer): string {
  if (answer.toTag === undefined) throw new Error(`no tag in an answer with ${answer.status}`);
  return answer.toTag;
}

/** Expires of an answer or a request, in seconds. */
export function expiresOf({ headers = [] }: { readonly headers?: Headers }): number {
  return Number(header(headers, "Expires"));
}

/** A PIDF document with one tuple. */
export function pidf(basic: "open" | "closed", { id = "ID-phone", extra = "" } = {}): string {
  return `<?xml version='1.0' encoding='UTF-8'?>
<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:romeo@local.example'>
<tuple id='${id}'><status><basic>${basic}</basic></status>${extra}</tuple></presence>`;
}

export function fromTag(request: SipRequest): string {
  return parameter(valueOf(request, "From"), "tag") ?? "";
}

/** The only request since the last look. */
export function only(bed: PresenceBed): SipRequest {
  const [request, ...others] = bed.takeRequests();
  assert.deepEqual(
    others.map(({ method }) => method),
    [],
  );
  assert.ok(request);
  return request;
}

/** A bed whose Juliet was approved by Romeo, who is online with a phone; and what her SUBSCRIBE was. */
export async function watching(): Promise<{ bed: PresenceBed; request: SipRequest }> {
  const bed = await PresenceBed.open();
  await bed.fromXmpp({ type: "subscribe" });
  const request = only(bed);
  await bed.fromSip(notify(request, "active;expires=3600", { body: pidf("open") }));
  bed.takeStanzas();
  return { bed, request };
}
