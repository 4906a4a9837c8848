import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import type { Explanation } from "../../../src/federation/explain.ts";
import { freePort } from "../../support/free-port.ts";
import { run, startOperator, startServer } from "../../support/sipfed.ts";

async function url(t: Parameters<typeof startOperator>[0]): Promise<string> {
  const { host, port } = await startOperator(t);
  return `http://${host}:${port}`;
}

test("the text tells what happens, why, the candidates in order, and what is left behind", async (t) => {
  const server = await url(t);
  const { code, out, err } = await run("explain", "sip:bob@partner.example", "--server", server);
  assert.equal(err, "");
  assert.equal(
    out,
    `INVITE sip:bob@partner.example, sent by the inside
  Relayed to sbc.test:5060 over TCP (StaticRoute default), or to one of 1 more, after discovery; a 2xx makes the domain known; now to 192.0.2.2:5060 over TCP.

Why (row 5 of the decision table, outbound)
  1.  It came in on the listener of the inside.
  2.  partner.example is an external domain: the request is outbound.
  3.  partner.example is unknown: there is no FederatedDomain for it.
  4.  No explicit route matches, and federation is open.
  5.  It goes by the default route.

Candidates, in order
      ROUTE    PATTERN    PRIORITY  WEIGHT  NEXT HOP
  1.  old      *.example  1         1       old.test:5060 TCP
      passed over: Its service is Disabled.
  2.  default  .*         1         1       sbc.test:5060 TCP
      192.0.2.1:5060 does not answer probes: passed over
      192.0.2.2:5060 answers
  3.  spare    .*         2         1       [2001:db8::7]:5080 TCP
      [2001:db8::7]:5080 is not probed yet

Next hop    192.0.2.2:5060 over TCP, by StaticRoute default
Remembered  The first 2xx creates FederatedDomain partner.example, with trust Limited.
Told by     ${server}
`,
  );
  assert.equal(code, 0);
});

test("-o json is what the operator answers", async (t) => {
  const server = await url(t);
  const { code, out } = await run("explain", "sip:bob@partner.example", "-o", "json", "--server", server);
  const answer = await fetch(`${server}/explain?uri=sip:bob@partner.example`);
  assert.deepEqual(JSON.parse(out), await answer.json());
  assert.equal(code, 0);
});

test("every option reaches the operator, and a URI as it was typed", async (t) => {
  const server = await url(t);
  const to = "sip:+49123%40home@local.test;user=phone";
  const args = ["--from", "sip:eve@blocked.example", "--source", "outside", "--method", "MESSAGE"];
  const { code, out } = await run("explain", to, ...args, "--output=json", `--server=${server}`);
  const { row, direction, domain, status } = JSON.parse(out) as Explanation;
  assert.deepEqual([row, direction, domain, status], [1, "inbound", "blocked.example", 403]);
  assert.equal(code, 1);
  const text = await run("explain", to, ...args, "--server", server);
  assert.match(
    text.out,
    /^MESSAGE sip:\+49123%40home@local\.test;user=phone from sip:eve@blocked\.example, sent by the outside\n {2}Answered with 403 Domain Blocked\.\n/,
  );
});

test("the exit code is 1 where the request is not served", async (t) => {
  const server = await url(t);
  const codeOf = async (...args: string[]) => (await run("explain", ...args, "--server", server)).code;
  assert.equal(await codeOf("sip:bob@blocked.example"), 1, "refused");
  assert.equal(await codeOf("sip:bob@partner.example", "--method", "ACK"), 1, "dropped");
  assert.equal(await codeOf("sip:bob@lost.example"), 1, "no next hop has an address");
  assert.equal(await codeOf("sip:local.test", "--method", "OPTIONS"), 0, "answered with 200");
});

test("what the operator does not take is named as it was typed", async (t) => {
  const server = await url(t);
  assert.deepEqual(await run("explain", "bob", "--server", server), {
    code: 2,
    out: "",
    err: "sipfed: bob is not a URI such as sip:bob@partner.example; see sipfed explain --help\n",
  });
  const { err } = await run("explain", "sip:a@b.test", "--source", "moon", "--server", server);
  assert.match(err, /^sipfed: --source moon is neither inside, outside, xmpp nor an IP address/);
});

test("an operator that is not there, not ready, or no operator at all", async (t) => {
  const away = `http://127.0.0.1:${await freePort("127.0.0.1")}`;
  const { code, err } = await run("explain", "sip:a@b.test", "--server", away);
  assert.equal(code, 2);
  assert.match(
    err,
    /^sipfed: no operator answers at http:\/\/127\.0\.0\.1:\d+ \(.*ECONNREFUSED.*\): is --server its admin listener\?\n$/,
  );
  const answers = [
    [
      503,
      { error: "the API server has not been read yet: ask again soon" },
      /answered with 503: the API server has not/,
    ],
    [404, "not found", /answered with 404: "not found"/],
    [200, { row: 5 }, /answers \/explain in another form: use a sipfed of the same version/],
  ] as const;
  for (const [status, body, expected] of answers) {
    const server = createServer((_request, response) => {
      response.writeHead(status).end(JSON.stringify(body));
    });
    const outcome = await run("explain", "sip:a@b.test", "--server", await startServer(t, server));
    assert.equal(outcome.code, 2);
    assert.match(outcome.err, expected);
  }
});

const MISUSES: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [[], /^sipfed: explain needs a URI, for example sip:bob@partner\.example; see sipfed explain --help\n$/],
  [["sip:a@b.test", "sip:c@d.test"], /takes one URI, and sip:c@d\.test is another argument/],
  [["sip:a@b.test", "--sauce", "x"], /Unknown option '--sauce'; see/],
  [["sip:a@b.test", "-o", "yaml"], /--output is text or json, not yaml/],
  [["sip:a@b.test", "--server", "localhost:8064"], /--server is a URL such as http:\/\/127\.0\.0\.1:8064/],
  [["sip:a@b.test", "--server", "http://127.0.0.1:1", "--pod", "x"], /leave out --pod, or --server/],
];

for (const [args, message] of MISUSES) {
  test(`misuse: explain ${args.join(" ")}`, async () => {
    const { code, out, err } = await run("explain", ...args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, message);
  });
}
