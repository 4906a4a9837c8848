/** SIPp, the SIP tester of its own kind: one scenario, played once. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ManagedProcess } from "./processes.ts";
import { temporaryDirectory } from "./temporary.ts";

export interface SippOptions {
  /** Path of the XML file. */
  readonly scenario: string;
  /** Own address. */
  readonly host: string;
  readonly port: number;
  readonly transport: SippTransport;
  /** Where requests go first; SIPp is the called side where there is none. */
  readonly remote?: { readonly host: string; readonly port: number };
  /** What the scenario calls `[name]`. */
  readonly keys: Readonly<Record<string, string>>;
}

/** Debian 12 builds it without TLS: that is what sipp-tls.ts is for. */
export type SippTransport = "udp" | "tcp";

const modes: Readonly<Record<SippTransport, string>> = { udp: "u1", tcp: "t1" };
const TIMEOUT_SECONDS = 30;
const TAIL = 3_000;
const directory = temporaryDirectory("sipp");
let runs = 0;

/** A running SIPp; all that it writes is in a temporary directory. */
export class Sipp {
  readonly #name: string;
  readonly #directory: string;
  readonly #process: ManagedProcess;

  constructor(options: SippOptions) {
    this.#name = basename(options.scenario, ".xml");
    this.#directory = join(directory, String((runs += 1)));
    mkdirSync(this.#directory);
    this.#process = new ManagedProcess({
      name: `SIPp ${this.#name}`,
      command: "sipp",
      args: argumentsOf(options),
      cwd: this.#directory,
      logFile: join(this.#directory, "screen"),
    });
  }

  /** Waits for the end of the scenario. @throws Error with what SIPp complains of, and what it sent and received. */
  async succeeded(): Promise<void> {
    const { code } = await this.#process.exited;
    if (code === 0) return;
    const parts = ["errors", "messages", "screen"].map((file) => `--- ${file}\n${this.#read(file)}`);
    throw new Error(`${this.#name} ended with ${code ?? "a signal"}\n${parts.join("\n")}`);
  }

  async stop(): Promise<void> {
    await this.#process.kill();
  }

  #read(file: string): string {
    const path = join(this.#directory, file);
    return existsSync(path) ? readFileSync(path, "utf8").slice(-TAIL) : "";
  }
}

function argumentsOf({ scenario, host, port, transport, remote, keys }: SippOptions): string[] {
  return [
    ...["-sf", scenario, "-m", "1", "-nostdin"],
    ...["-i", host, "-p", String(port), "-mi", host, "-ci", host, "-t", modes[transport]],
    ...["-timeout", String(TIMEOUT_SECONDS), "-timeout_error"],
    ...["-trace_err", "-error_file", "errors", "-trace_msg", "-message_file", "messages"],
    ...Object.entries(keys).flatMap(([name, value]) => ["-key", name, value]),
    ...(remote === undefined ? [] : [`${remote.host}:${remote.port}`]),
  ];
}
