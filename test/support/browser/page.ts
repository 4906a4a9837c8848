import { writeFileSync } from "node:fs";
import { waitFor, type WaitOptions } from "../wait-for.ts";
import type { DevTools } from "./devtools.ts";

export interface PageOptions {
  /** In CSS pixels; 1440 × 900 unless told. */
  readonly width?: number;
  readonly height?: number;
  /** Light unless told. */
  readonly dark?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

interface Evaluated {
  readonly result?: { readonly value?: unknown };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly exception?: { readonly description?: string };
  };
}

/** Virtual key codes (https://www.w3.org/TR/uievents-key/) of the keys that tests press. */
const KEY_CODES: Readonly<Record<string, number>> = {
  Enter: 13,
  Escape: 27,
  Tab: 9,
  End: 35,
  Home: 36,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
  PageUp: 33,
  PageDown: 34,
};

/** A page as a person uses it: by looking, clicking and typing. */
export class Page {
  /** What the browser complained of: exceptions, errors in the console, violations of the content security policy. */
  readonly complaints: string[] = [];
  readonly #devTools: DevTools;
  readonly #session: string;
  readonly #context: string;

  private constructor(devTools: DevTools, session: string, context: string) {
    this.#devTools = devTools;
    this.#session = session;
    this.#context = context;
    devTools.listen(session, (method, params) => {
      const complaint = complaintOf(method, params);
      if (complaint !== undefined) this.complaints.push(complaint);
    });
  }

  static async open(devTools: DevTools, options: PageOptions): Promise<Page> {
    const { browserContextId } = await devTools.call("Target.createBrowserContext");
    const { targetId } = await devTools.call("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await devTools.call("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(devTools, sessionId as string, browserContextId as string);
    for (const domain of ["Page", "Runtime", "Log"]) await page.call(`${domain}.enable`);
    const { width = 1440, height = 900, dark = false } = options;
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    await page.call("Emulation.setDeviceMetricsOverride", metrics);
    await page.dark(dark);
    return page;
  }

  /** Whether the system is set to dark colours. */
  async dark(isDark: boolean): Promise<void> {
    const features = [{ name: "prefers-color-scheme", value: isDark ? "dark" : "light" }];
    await this.call("Emulation.setEmulatedMedia", { features });
  }

  async go(url: string): Promise<void> {
    await this.call("Page.navigate", { url });
    await this.until("document.readyState === 'complete'");
  }

  async reload(): Promise<void> {
    await this.see("window.isOld = true");
    await this.call("Page.reload");
    await this.until("window.isOld === undefined && document.readyState === 'complete'");
  }

  /** What an expression is in the page; a promise is waited for. @throws Error with what it throws */
  async see<T>(expression: string): Promise<T> {
    const options = { expression, awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = (await this.call("Runtime.evaluate", options)) as Evaluated;
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result?.value as T;
  }

  /** Waits until an expression is true, and returns it. */
  async until<T = true>(expression: string, options?: WaitOptions): Promise<T> {
    return waitFor<T>(expression, () => this.see<T | undefined | null | false>(expression), options);
  }

  /** Waits until the text of the first element, as it is seen, matches each pattern. */
  async reads(selector: string, patterns: readonly RegExp[], options?: WaitOptions): Promise<void> {
    for (const pattern of patterns)
      await this.until(`${String(pattern)}.test(${first(selector)}?.innerText ?? "")`, options);
  }

  /** Clicks in the middle of the first element that is there, with a real pointer. */
  async click(selector: string): Promise<void> {
    await this.#clickOn(first(selector));
  }

  /** Clicks on the first button or link with this text. */
  async press(text: string, within = "body"): Promise<void> {
    const all = `${first(within)}?.querySelectorAll("button, a, summary") ?? []`;
    await this.#clickOn(`[...(${all})].find((one) => one.innerText.trim() === ${JSON.stringify(text)})`);
  }

  /** Types where the focus is. */
  async type(text: string): Promise<void> {
    await this.call("Input.insertText", { text });
  }

  /** Chooses in a select element, as its list would. */
  async choose(selector: string, value: string): Promise<void> {
    await this.until(`(() => {
      const element = ${first(selector)};
      if (!element) return false;
      element.value = ${JSON.stringify(value)};
      element.dispatchEvent(new Event("change", { bubbles: true }));
      return element.value === ${JSON.stringify(value)};
    })()`);
  }

  /** Presses a key where the focus is: `Tab`, `ArrowDown`, `/`. */
  async key(key: string, { shift = false } = {}): Promise<void> {
    const code = KEY_CODES[key];
    const text = key.length === 1 ? key : key === "Enter" ? "\r" : undefined;
    const event = {
      key,
      ...(code !== undefined && { windowsVirtualKeyCode: code, code: key }),
      ...(text !== undefined && { text }),
      ...(shift && { modifiers: 8 }),
    };
    await this.call("Input.dispatchKeyEvent", {
      type: text === undefined ? "rawKeyDown" : "keyDown",
      ...event,
    });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** Saves a picture (PNG) of what is in view. */
  async picture(file: string): Promise<void> {
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data as string, "base64"));
  }

  /** What a screen reader is told of: role and name of each thing, in order. */
  async accessibility(): Promise<readonly { readonly role: string; readonly name: string }[]> {
    const { nodes } = await this.call("Accessibility.getFullAXTree");
    interface Node {
      readonly ignored: boolean;
      readonly role?: { readonly value?: string };
      readonly name?: { readonly value?: string };
    }
    return (nodes as Node[])
      .filter(({ ignored }) => !ignored)
      .map(({ role, name }) => ({ role: role?.value ?? "", name: name?.value ?? "" }));
  }

  async close(): Promise<void> {
    await this.#devTools.call("Target.disposeBrowserContext", { browserContextId: this.#context });
  }

  async #clickOn(element: string): Promise<void> {
    const middle = `(() => {
      const element = ${element};
      if (!element || element.disabled) return false;
      element.scrollIntoView({ block: "nearest" });
      const { x, y, width, height } = element.getBoundingClientRect();
      return width > 0 && { x: x + width / 2, y: y + height / 2 };
    })()`;
    const point = await this.until<{ x: number; y: number }>(middle);
    for (const type of ["mouseMoved", "mousePressed", "mouseReleased"]) {
      await this.call("Input.dispatchMouseEvent", { ...point, type, button: "left", clickCount: 1 });
    }
  }

  async call(method: string, params: Fields = {}): Promise<Fields> {
    return this.#devTools.call(method, params, this.#session);
  }
}

function first(selector: string): string {
  return `document.querySelector(${JSON.stringify(selector)})`;
}

function complaintOf(method: string, params: Fields): string | undefined {
  if (method === "Runtime.exceptionThrown") return JSON.stringify(params.exceptionDetails);
  if (method === "Runtime.consoleAPICalled" && params.type === "error") return JSON.stringify(params.args);
  if (method !== "Log.entryAdded") return undefined;
  const { level, text, url = "" } = params.entry as { level: string; text: string; url?: string };
  return level === "error" ? `${text} ${url}` : undefined;
}
