/** A real Prometheus that scrapes on loopback, and keeps nothing. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { freePort } from "./free-port.ts";
import { ManagedProcess } from "./processes.ts";
import { temporaryDirectory } from "./temporary.ts";
import { waitFor } from "./wait-for.ts";

const HOST = "127.0.0.1";

export interface Target {
  /** host:port */
  readonly address: string;
  /** As the Prometheus Operator would set them: `namespace`, `pod`. */
  readonly labels: Readonly<Record<string, string>>;
}

/** One series of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

export class Prometheus {
  readonly #process: ManagedProcess;
  readonly #url: string;

  private constructor(process: ManagedProcess, url: string) {
    this.#process = process;
    this.#url = url;
  }

  /**
   * Starts it, and waits until it has scraped its targets twice.
   * @param rules a rule file
   * @param token what it scrapes with, as docs/monitoring.md says
   */
  static async start(targets: readonly Target[], rules: string, token: string): Promise<Prometheus> {
    const directory = temporaryDirectory("prometheus");
    const config = join(directory, "prometheus.yaml");
    const tokenFile = join(directory, "token");
    writeFileSync(tokenFile, token, { mode: 0o600 });
    const address = `${HOST}:${await freePort(HOST)}`;
    writeFileSync(
      config,
      dump({
        global: { scrape_interval: "1s", evaluation_interval: "1s" },
        rule_files: [rules],
        scrape_configs: [
          {
            job_name: "operator",
            authorization: { credentials_file: tokenFile },
            static_configs: targets.map(({ address: target, labels }) => ({ targets: [target], labels })),
          },
        ],
      }),
    );
    const process = new ManagedProcess({
      name: "prometheus",
      command: "prometheus",
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, "data")}`,
        `--web.listen-address=${address}`,
      ],
      logFile: join(directory, "log"),
    });
    const prometheus = new Prometheus(process, `http://${address}`);
    await waitFor("two scrapes", async () => {
      const [scrapes] = await prometheus.query("min(count_over_time(up[1m]))");
      const [up] = await prometheus.query("min(up)");
      return Number(scrapes?.value[1]) >= 2 && up?.value[1] === "1";
    });
    return prometheus;
  }

  /** @throws Error with what Prometheus says of an expression that it cannot evaluate. */
  async query(expression: string): Promise<readonly Sample[]> {
    const { result } = (await this.#get("query", { query: expression })) as { result: Sample[] };
    return result;
  }

  /** The names of all metrics that targets expose, also of those that have no series yet. */
  async metricNames(): Promise<ReadonlySet<string>> {
    return new Set(Object.keys((await this.#get("metadata", {})) as object));
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }

  async #get(what: string, parameters: Record<string, string>): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${what}?${new URLSearchParams(parameters).toString()}`);
    const { data, error } = (await response.json()) as { data?: unknown; error?: string };
    if (!response.ok) throw new Error(`${error ?? response.statusText}: ${JSON.stringify(parameters)}`);
    return data;
  }
}
