/** How the web console feels with 100,000 domains, beside one with ten. */
import { Browser, type Page } from "../test/support/browser.ts";
import { type ConsoleBed, domainRow, startConsole, TOKENS } from "../test/support/console-bed.ts";
import { median, percentile } from "./statistics.ts";

export interface ConsoleMeasurement {
  readonly few: ConsoleTimes;
  readonly many: ConsoleTimes;
}

/** All in milliseconds. */
export interface ConsoleTimes {
  /** From asking the server for a filtered page to having it; each time another filter. */
  readonly filterMs: number;
  /** From the last key of a search to seeing its rows; the pause that typing is given is in it. */
  readonly searchMs: number;
  /** Between two frames while somebody scrolls; 95th percentile. */
  readonly frameMs: number;
  /** The whole page, from its address to its first rows. */
  readonly openMs: number;
}

const FEW = 10;
const MANY = 100_000;

export async function measureConsole(rounds: number): Promise<ConsoleMeasurement> {
  const browser = await Browser.start();
  const few = await measure(browser, FEW, rounds);
  const many = await measure(browser, MANY, rounds);
  await browser.stop();
  return { few, many };
}

async function measure(browser: Browser, domains: number, rounds: number): Promise<ConsoleTimes> {
  const bed = await startConsole();
  for (let at = 0; at < domains; at += 1) bed.domains.set(domainRow(nameOf(at)));
  const filterMs = await filtered(bed, domains, rounds);
  const page = await browser.page();
  await page.go(bed.url);
  await page.click("input[name=token]");
  await page.type(TOKENS.reader);
  await page.key("Enter");
  await page.until(`document.querySelector(".tile") !== null`);
  const openMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    await page.go(`${bed.url}/console/domains`);
    await page.until(`document.querySelector(".spacer .badge") !== null`, { interval: 1 });
    openMs.push(performance.now() - started);
  }
  const searchMs = await searched(page, domains, rounds);
  const frameMs = await scrolled(page);
  await page.close();
  await bed.stop();
  return { filterMs, searchMs, frameMs, openMs: median(openMs) };
}

function nameOf(at: number): string {
  return `d${String(at).padStart(6, "0")}.example`;
}

async function filtered({ url }: ConsoleBed, domains: number, rounds: number): Promise<number> {
  const headers = { Authorization: `Bearer ${TOKENS.reader}` };
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const text = nameOf((round * 7919) % domains).slice(0, 5);
    const started = performance.now();
    const response = await fetch(`${url}/console/api/domains?text=${text}&state=Ready`, { headers });
    await response.arrayBuffer();
    times.push(performance.now() - started);
  }
  return median(times);
}

async function searched(page: Page, domains: number, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const name = nameOf((round * 7919 + 1) % domains);
    times.push(
      await page.see<number>(`new Promise((resolve) => {
        const input = document.querySelector("input[type=search]");
        input.value = ${JSON.stringify(name)};
        const started = performance.now();
        input.dispatchEvent(new Event("input"));
        const look = () => {
          const [first, second] = document.querySelectorAll(".spacer .line:not(.waiting) .name");
          if (first?.innerText === ${JSON.stringify(name)} && !second) resolve(performance.now() - started);
          else requestAnimationFrame(look);
        };
        look();
      })`),
    );
  }
  await page.see(`(() => {
    const input = document.querySelector("input[type=search]");
    input.value = "";
    input.dispatchEvent(new Event("input"));
  })()`);
  return median(times);
}

async function scrolled(page: Page): Promise<number> {
  await page.until(`document.querySelectorAll(".spacer .line").length >= ${FEW}`);
  const frames = await page.see<number[]>(`new Promise((resolve) => {
    const viewport = document.querySelector(".viewport");
    const frames = [];
    let last = performance.now();
    const step = (now) => {
      frames.push(now - last);
      last = now;
      viewport.scrollTop += 180;
      if (frames.length < 200) requestAnimationFrame(step);
      else resolve(frames);
    };
    requestAnimationFrame(step);
  })`);
  return percentile(frames, 95);
}
