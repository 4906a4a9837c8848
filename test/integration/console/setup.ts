import assert from "node:assert/strict";
import { after, before, type TestContext } from "node:test";
import { Browser, type Page } from "../../support/browser.ts";
import type { PageOptions } from "../../support/browser/page.ts";
import { type ConsoleBed, type ConsoleBedOptions, startConsole, TOKENS } from "../../support/console-bed.ts";

let browser: Browser;

/** One browser for all tests of a file. */
export function withBrowser(): void {
  before(async () => {
    browser = await Browser.start();
  });
  after(async () => {
    await browser.stop();
  });
}

export interface Visit {
  readonly bed: ConsoleBed;
  readonly page: Page;
  /** Goes to a page of the console. */
  readonly go: (path: string) => Promise<void>;
}

/** A console of its own, and somebody who has logged in; at its end the browser has complained of nothing. */
export async function visit(
  t: TestContext,
  options: ConsoleBedOptions &
    PageOptions & { readonly token?: string; readonly fill?: (bed: ConsoleBed) => void } = {},
): Promise<Visit> {
  // the page goes first: what it misses of a console that is gone is no complaint
  const page = await newPage(t, options);
  const bed = await startConsole(options);
  t.after(() => bed.stop());
  options.fill?.(bed);
  await page.go(bed.url);
  await page.click("input[name=token]");
  await page.type(options.token ?? TOKENS.editor);
  await page.key("Enter");
  await page.until(`document.querySelector(".tiles .tile") !== null`);
  return { bed, page, go: (path) => page.go(`${bed.url}/console/${path}`) };
}

/** A page; at the end of the test the browser has complained of nothing that happened in it. */
export async function newPage(t: TestContext, options: PageOptions = {}): Promise<Page> {
  const page = await browser.page(options);
  t.after(async () => {
    await page.close();
    assert.deepEqual(page.complaints, []);
  });
  return page;
}

/** The names of the domains that are drawn, from the top. */
export const NAMES = `[...document.querySelectorAll(".spacer .line:not(.waiting)")]
  .toSorted((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((line) => line.querySelector(".name").innerText)`;
