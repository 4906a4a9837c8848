/** Who reads the metrics of a listener that is not on loopback. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Access, type Holder, type Review } from "../../../src/admin/auth/access.ts";
import { FailedLogins } from "../../../src/admin/auth/failed-logins.ts";
import { metricsGate } from "../../../src/admin/auth/metrics-gate.ts";
import { AdminServer } from "../../../src/admin/server.ts";
import { recordingLogger } from "../../support/recording-logger.ts";

const MINUTE = 60_000;
const SCRAPER = "system:serviceaccount:voice:edge-metrics";
const REVIEWS: Readonly<Record<string, Review<Holder>>> = {
  scraper: { outcome: "allowed", viewer: { user: SCRAPER } },
  person: { outcome: "forbidden", user: "ada" },
  early: {
    outcome: "unavailable",
    reason: "the API server cannot be asked who this is: it is away",
    isAway: true,
  },
};

async function start(t: TestContext, reviews = REVIEWS) {
  let time = 0;
  const asked: string[] = [];
  const now = (): number => time;
  const review = (token: string): Promise<Review<Holder>> => {
    asked.push(token);
    return Promise.resolve(reviews[token] ?? { outcome: "unknown" });
  };
  const metrics = metricsGate({ access: new Access({ review, now }), failures: new FailedLogins(now) });
  const server = new AdminServer(
    { host: "127.0.0.1", port: 0 },
    {
      health: () => ({ ok: true }),
      readiness: () => Promise.resolve({ ok: true }),
      metrics: () => Promise.resolve({ contentType: "text/plain", body: "up 1\n" }),
      refuse: { metrics, explain: metrics },
    },
    recordingLogger(),
  );
  const { host, port } = await server.start();
  t.after(() => server.stop());
  const get = async (authorization?: string, path = "/metrics") => {
    const headers = authorization === undefined ? {} : { authorization };
    return fetch(`http://${host}:${port}${path}`, { headers });
  };
  return {
    ...{ get, asked },
    /** The answer in one line. */
    told: async (authorization?: string) => {
      const response = await get(authorization);
      return `${response.status} ${(await response.text()).trim()}`;
    },
    pass: (ms: number): void => {
      time += ms;
    },
  };
}

test("whoever may get /metrics gets it, and everybody else is told what is missing", async (t) => {
  const { told, get } = await start(t);
  assert.equal(await told("Bearer scraper"), "200 up 1");
  assert.match(await told(), /^401 send a bearer token whose user may get the non-resource URL \/metrics/);
  assert.match(await told("Basic c2NyYXBlcjo="), /^401 send a bearer token/);
  assert.equal(await told("Bearer nonsense"), "401 the API server does not know this token");
  assert.equal(await told("Bearer {}"), "401 this is no bearer token");
  assert.equal(await told("Bearer person"), "403 ada may not get the non-resource URL /metrics");
  assert.equal(
    await told("Bearer early"),
    "503 the API server cannot be asked who this is: it is away",
    "the reason is said",
  );
  assert.match((await get()).headers.get("www-authenticate") ?? "", /^Bearer realm=/);
});

test("health is for everybody, and asks nobody", async (t) => {
  const { get, asked } = await start(t);
  for (const path of ["/healthz", "/readyz"]) assert.equal((await get(undefined, path)).status, 200);
  await get();
  assert.deepEqual(asked, []);
});

test("scrapes within a minute cost one question", async (t) => {
  const { told, asked, pass } = await start(t);
  for (let at = 0; at < 4; at += 1) {
    assert.equal(await told("Bearer scraper"), "200 up 1");
    pass(15_000);
  }
  assert.deepEqual(asked, ["scraper"]);
  await told("Bearer scraper");
  assert.deepEqual(asked, ["scraper", "scraper"]);
});

test("who tries tokens asks the API server no more, and keeps no scraper away", async (t) => {
  const { told, get, asked, pass } = await start(t);
  await told("Bearer scraper");
  for (let at = 0; at < 10; at += 1) await told(`Bearer wrong-${at}`);
  assert.match(
    await told("Bearer wrong-again"),
    /^429 too many tokens that were not let in: try again in 6 s$/,
  );
  assert.match((await get("Bearer wrong-again")).headers.get("retry-after") ?? "", /^6$/);
  assert.equal(asked.length, 11);
  pass(2 * MINUTE);
  for (let at = 0; at < 30; at += 1) await told(`Bearer more-${at}`);
  assert.match(await told("Bearer another"), /^429/);
  assert.equal(await told("Bearer scraper"), "200 up 1", "asked for again, without waiting");
});

test("where nothing can be reviewed, few questions are asked", async (t) => {
  const away = { outcome: "unavailable", reason: "away", isAway: true } as const;
  const tokens = Array.from({ length: 12 }, (_, at) => `token-${at}`);
  const { told, asked } = await start(t, Object.fromEntries(tokens.map((token) => [token, away])));
  const answers: string[] = [];
  for (const token of tokens) answers.push((await told(`Bearer ${token}`)).slice(0, 3));
  assert.deepEqual(answers, [...Array.from({ length: 10 }, () => "503"), "429", "429"]);
  assert.equal(asked.length, 10);
});
