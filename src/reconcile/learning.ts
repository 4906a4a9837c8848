import type { Direction, TableChanges } from "../federation/types.ts";
import type { Protocol } from "./asking.ts";

/** How the router may serve an unknown domain that it asked about. */
export type Verdict = "default" | "uncached" | "refused" | "gateway";

export interface LearningPorts {
  /** Would the decision on the table of this moment still cache the domain? */
  shouldRemember(domain: string, direction: Direction): boolean;
  /** Takes one place under the limits on discovery; false when there is none. */
  admit(direction: Direction): boolean;
  /** Creates the FederatedDomain, sooner or later. */
  write(domain: string): void;
  /** The router drops its own memory of the domain. */
  forget(domain: string): Promise<void>;
  /** The router has something to forget: a batch is due. */
  settled(): void;
  /** A domain answered that nobody asked about, and is not remembered because of a limit or a refusal. */
  uncached(direction: Direction): void;
  failed(domain: string, error: unknown): void;
}

interface Reached {
  readonly direction: Direction;
  readonly over: Protocol;
}

/**
 * Follows a domain from the question of the router to its FederatedDomain. The router remembers a domain from its
 * first 2xx; that memory is dropped only when the domain is in the routing table, or is not to be remembered.
 */
export class Learning {
  readonly #ports: LearningPorts;
  /** Domains that have passed the limits and have not been learned yet. */
  readonly #admitted = new Set<string>();
  /** Learned, and not seen in the API yet. */
  readonly #pending = new Map<string, Reached>();
  /** Seen in the API, or refused: the router may forget them after the next apply. */
  readonly #settled = new Set<string>();
  /** The API server took no FederatedDomain of these names lately. */
  readonly #refused = new Set<string>();
  /** The table changed in a way that may mean no to what is pending. */
  #outdated = false;

  constructor(ports: LearningPorts) {
    this.#ports = ports;
  }

  /** Domains that were reached and whose FederatedDomain has not been seen yet. */
  get pending(): number {
    return this.#pending.size;
  }

  /** `learned`: its FederatedDomain has not been seen yet. `refused`: the API server took none lately. */
  memory(domain: string): "learned" | "learnedOverXmpp" | "refused" | undefined {
    const reached = this.#pending.get(domain);
    if (reached) return reached.over === "XMPP" ? "learnedOverXmpp" : "learned";
    return this.#refused.has(domain) ? "refused" : undefined;
  }

  /** Answers the router's question about an unknown domain (row 5 of the decision). */
  verdict(domain: string, direction: Direction): Verdict {
    if (this.#admitted.has(domain) || this.#pending.has(domain)) return "default";
    if (!this.#ports.shouldRemember(domain, direction)) return "uncached";
    if (this.#refused.has(domain) || !this.#ports.admit(direction)) return "uncached";
    this.#admitted.add(domain);
    return "default";
  }

  /** A domain was reached: a 2xx came back, or its XMPP server answered. */
  learned(domain: string, direction: Direction, over: Protocol = "SIP"): void {
    if (this.#pending.has(domain)) return;
    if (!this.#mayRemember(domain, direction)) {
      this.#settle(domain);
      return;
    }
    this.#pending.set(domain, { direction, over });
    this.#ports.write(domain);
  }

  /** Which side began with a domain whose FederatedDomain has not been seen yet. */
  direction(domain: string): Direction | undefined {
    return this.#pending.get(domain)?.direction;
  }

  /** How such a domain was reached. */
  over(domain: string): Protocol {
    return this.#pending.get(domain)?.over ?? "SIP";
  }

  /** Asked right before the FederatedDomain is created: much may have happened while the API server was away. */
  stillWanted(domain: string): boolean {
    const direction = this.direction(domain);
    if (direction === undefined) return false;
    if (this.#ports.shouldRemember(domain, direction)) return true;
    this.#settle(domain);
    return false;
  }

  /** Domains that come and go mean nothing to others: with thousands pending, only what may is worth a look at all. */
  tableChanged({ routeSets, settings }: TableChanges): void {
    this.#outdated ||= settings || routeSets.size > 0;
  }

  /** What waits to be written and would no longer be cached is forgotten now, not at the next try. */
  reconsider(): void {
    if (!this.#outdated) return;
    this.#outdated = false;
    for (const domain of this.#pending.keys()) this.stillWanted(domain);
  }

  /** The API holds a FederatedDomain of this name. True where it was waited for. */
  seen(domain: string): boolean {
    this.#admitted.delete(domain);
    this.#refused.delete(domain);
    if (!this.#pending.has(domain)) return false;
    this.#settle(domain);
    return true;
  }

  /** The API server takes no FederatedDomain of this name: the router must not know what nobody can see or delete. */
  refused(domain: string): void {
    if (!this.#pending.has(domain)) return;
    this.#refused.add(domain);
    this.#settle(domain);
  }

  /** What the router need not remember by itself once the table of this moment is in force. */
  takeSettled(): readonly string[] {
    const domains = [...this.#settled];
    this.#settled.clear();
    return domains;
  }

  /** The batch that carried these domains is in force. */
  async forget(domains: readonly string[]): Promise<void> {
    await Promise.all(domains.map((domain) => this.#forget(domain)));
  }

  /** The batch that carried these domains failed: they go with the next one. */
  putBack(domains: readonly string[]): void {
    for (const domain of domains) this.#settled.add(domain);
  }

  /** Called now and then: questions without a success must not fill the memory, refused names get another try. */
  expire(): void {
    this.#admitted.clear();
    this.#refused.clear();
  }

  #mayRemember(domain: string, direction: Direction): boolean {
    if (!this.#ports.shouldRemember(domain, direction)) return false;
    if (this.#admitted.delete(domain)) return true;
    if (!this.#refused.has(domain) && this.#ports.admit(direction)) return true;
    this.#ports.uncached(direction);
    return false;
  }

  #settle(domain: string): void {
    this.#pending.delete(domain);
    this.#settled.add(domain);
    this.#ports.settled();
  }

  async #forget(domain: string): Promise<void> {
    try {
      await this.#ports.forget(domain);
    } catch (error) {
      this.#settled.add(domain);
      this.#ports.failed(domain, error);
    }
  }
}
