/** What the router has to remember of the domains that answered, beside its table. */

/** Stands for the direction where a request of the XMPP gateway reached the inside. */
export const OVER_XMPP = "xmpp";

/**
 * By domain: `1` known from then on, `0` waiting to be reported, `x` the same over XMPP. Of requests that were under way
 * at the same time nobody knows which was first, so there may be several.
 */
export class Memory {
  readonly #values = new Map<string, ReadonlySet<string>>();

  get domains(): ReadonlySet<string> {
    return new Set(this.#values.keys());
  }

  /** What the router routes as known. */
  get known(): string[] {
    return [...this.#values].filter(([, values]) => values.has("1")).map(([domain]) => domain);
  }

  has(domain: string): boolean {
    return this.#values.has(domain);
  }

  /**
   * @param subjects `<direction> <domain>` of requests that were under way at the same time
   * @param attended whether an operator was there
   */
  learn(subjects: readonly string[], attended: boolean): void {
    for (const [domain, ways] of Map.groupBy(subjects, domainOf)) {
      const overXmpp = ways.filter(isOverXmpp).length;
      const isOfSip = overXmpp < ways.length;
      if (attended && isOfSip) this.#values.set(domain, new Set(["1"]));
      else if (!this.has(domain))
        this.#values.set(domain, new Set([...(isOfSip ? ["0"] : []), ...(overXmpp > 0 ? ["x"] : [])]));
    }
  }

  /** What is wrong with what the router remembers, in words. */
  differences(actual: ReadonlyMap<string, string>): string[] {
    const strange = [...actual].filter(([domain, value]) => !this.#values.get(domain)?.has(value));
    return [
      ...strange.map(([domain, value]) => `it remembers ${domain} as ${value}, which it should not`),
      ...[...this.domains]
        .filter((domain) => !actual.has(domain))
        .map((domain) => `it does not remember ${domain}`),
    ];
  }
}

export function domainOf(subject: string): string {
  return subject.slice(subject.indexOf(" ") + 1);
}

export function isOverXmpp(subject: string): boolean {
  return subject.startsWith(`${OVER_XMPP} `);
}
