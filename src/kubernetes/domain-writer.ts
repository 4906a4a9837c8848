import { ORIGIN_DISCOVERED, ORIGIN_LABEL } from "../api/names.ts";
import { isAlreadyExists, isInvalid, isUnavailable } from "./api-error.ts";
import type { KubernetesClient } from "./client.ts";
import type { Logger } from "./logger.ts";
import { apiVersion, FEDERATED_DOMAINS } from "./resources.ts";
import { WorkQueue } from "./work-queue.ts";
import type { WorkQueueMetrics } from "./work-queue-options.ts";

export interface DomainWriterOptions {
  readonly client: KubernetesClient;
  /** Asked right before each attempt: much may have changed while the API server was away. */
  readonly stillWanted: (domain: string) => boolean;
  /** How the domain is reached (`spec.protocol`). It never rejects. */
  readonly protocolOf: (domain: string) => Promise<"SIP" | "XMPP">;
  /** Whether `stillWanted` can be told: after an outage, only once the caches have caught up. */
  readonly isCurrent: () => boolean;
  /** The API server takes no such object: its schema, or an admission policy, says no. It is not tried again. */
  readonly refused: (domain: string) => void;
  readonly log: Logger;
  readonly metrics?: DomainWriterMetrics | undefined;
  readonly concurrency?: number;
}

export interface DomainWriterMetrics extends WorkQueueMetrics {
  /** How an attempt to create a FederatedDomain ended. */
  written(result: "created" | "exists" | "refused" | "failed"): void;
}

/** How often a stale cache is looked at again. */
const RECHECK_MS = 100;

/**
 * Creates the FederatedDomain of each domain that was learned, and tries until it is there or no longer wanted. By
 * POST, which never touches an object that a person wrote in the meantime; nothing is ever changed here.
 */
export class DomainWriter {
  readonly #options: DomainWriterOptions;
  readonly #queue: WorkQueue;

  constructor(options: DomainWriterOptions) {
    const { isCurrent, log, metrics, concurrency = 32 } = options;
    this.#options = options;
    this.#queue = new WorkQueue({
      name: "domains",
      concurrency,
      process: (domain) => this.#create(domain),
      gate: () => (isCurrent() ? 0 : RECHECK_MS),
      concernsAll: isUnavailable,
      backoffMs: [500, 60_000],
      log,
      metrics,
    });
  }

  /** Domains that are not written yet. */
  get depth(): number {
    return this.#queue.depth;
  }

  write(domain: string): void {
    this.#queue.add(domain);
  }

  /** Resolves when nothing waits, or after `deadlineMs`; returns how many domains are left. */
  async drain(deadlineMs: number): Promise<number> {
    return this.#queue.drain(deadlineMs);
  }

  /** Writes what waits, for at most `deadlineMs`, and takes nothing more. Returns how many domains are lost. */
  async stop(deadlineMs: number): Promise<number> {
    const left = await this.drain(deadlineMs);
    if (left > 0) this.#options.log.error({ domains: left }, "learned domains could not be written");
    await this.#queue.stop();
    return left;
  }

  async #create(domain: string): Promise<void> {
    if (!this.#options.stillWanted(domain)) return;
    const protocol = await this.#options.protocolOf(domain);
    if (!this.#options.stillWanted(domain)) return;
    const body = {
      apiVersion: apiVersion(FEDERATED_DOMAINS),
      kind: FEDERATED_DOMAINS.kind,
      metadata: { name: domain, labels: { [ORIGIN_LABEL]: ORIGIN_DISCOVERED } },
      // what SIP reaches is left to the default
      spec: { trust: "Limited", ...(protocol === "XMPP" && { protocol }) },
    };
    try {
      await this.#options.client.create(FEDERATED_DOMAINS, body);
      this.#options.metrics?.written("created");
    } catch (error) {
      this.#failed(domain, error);
    }
  }

  #failed(domain: string, error: unknown): void {
    if (isAlreadyExists(error)) {
      this.#options.metrics?.written("exists");
    } else if (isInvalid(error)) {
      this.#options.metrics?.written("refused");
      this.#options.log.warn(
        { domain, err: error },
        "the API server refuses this domain: served, not remembered",
      );
      this.#options.refused(domain);
    } else {
      this.#options.metrics?.written("failed");
      throw error;
    }
  }
}
