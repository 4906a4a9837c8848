/** A real Chromium without a window, driven over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/). */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DevTools } from "./browser/devtools.ts";
import { Page, type PageOptions } from "./browser/page.ts";
import { ManagedProcess } from "./processes.ts";
import { temporaryDirectory } from "./temporary.ts";
import { waitFor } from "./wait-for.ts";

export type { Page } from "./browser/page.ts";

const PROGRAM = "chromium";
const START_TIMEOUT = 60_000;

export class Browser {
  readonly #process: ManagedProcess;
  readonly #devTools: DevTools;

  private constructor(process: ManagedProcess, devTools: DevTools) {
    this.#process = process;
    this.#devTools = devTools;
  }

  /** Starts one with nothing in it: no cookies, no cache. It ends with this process. */
  static async start(): Promise<Browser> {
    const directory = temporaryDirectory("browser");
    const profile = join(directory, "profile");
    const args = [
      ...["--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`],
      ...["--no-first-run", "--no-default-browser-check", "--disable-extensions", "--mute-audio"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ...["--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--password-store=basic"],
      // its own sandbox refuses to be root
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "about:blank",
    ];
    const logFile = join(directory, "chromium.log");
    writeFileSync(logFile, "");
    const env = { HOME: directory, XDG_CONFIG_HOME: directory, XDG_CACHE_HOME: directory };
    const chromium = new ManagedProcess({ name: PROGRAM, command: PROGRAM, args, env, logFile });
    const portFile = join(profile, "DevToolsActivePort");
    const [port = "", path = ""] = await waitFor(
      "Chromium",
      () => {
        chromium.assertRunning();
        const lines = existsSync(portFile) ? readFileSync(portFile, "utf8").split("\n") : [];
        return lines.length >= 2 && lines;
      },
      { timeout: START_TIMEOUT },
    );
    return new Browser(chromium, await DevTools.connect(`ws://127.0.0.1:${port}${path}`));
  }

  /** A new page that shares cookies with no other. */
  async page(options: PageOptions = {}): Promise<Page> {
    return Page.open(this.#devTools, options);
  }

  async stop(): Promise<void> {
    this.#devTools.close();
    await this.#process.kill();
  }
}
