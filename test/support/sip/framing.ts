/** Cuts a TCP byte stream into SIP messages by Content-Length (RFC 3261 §18.3). */
export class SipFraming {
  #pending = Buffer.alloc(0);

  /** Takes what arrived and returns the messages that are complete now. */
  push(chunk: Buffer): string[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const messages: string[] = [];
    for (let length = this.#nextLength(); length !== undefined; length = this.#nextLength()) {
      messages.push(this.#pending.toString("utf8", 0, length));
      this.#pending = this.#pending.subarray(length);
    }
    return messages;
  }

  /** Bytes of the first complete message. Line ends before it are keep-alives (RFC 5626 §3.5.1). */
  #nextLength(): number | undefined {
    while (this.#pending[0] === 0x0d || this.#pending[0] === 0x0a) this.#pending = this.#pending.subarray(1);
    const end = this.#pending.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const head = this.#pending.toString("latin1", 0, end);
    const body = Number(/^(?:content-length|l)\s*:\s*(\d+)/im.exec(head)?.[1] ?? 0);
    const length = end + 4 + body;
    return length <= this.#pending.length ? length : undefined;
  }
}
