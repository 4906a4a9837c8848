/** One request is followed by its Call-ID through router, operator and XMPP gateway, as docs/operations.md says. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import { waitFor } from "../support/wait-for.ts";
import { XmppClient } from "../support/xmpp-client.ts";
import { Federation } from "./support/federation.ts";
import { open, route, to } from "./support/objects.ts";
import type { Party } from "./support/party.ts";
import { foreignServer } from "./support/xmpp-people.ts";

const DOMAIN = "chat.example";
const JULIET = `juliet@${DOMAIN}`;
const ALICE = "alice@example.com";

let federation: Federation;
let juliet: XmppClient;
let platform: Party;

before(async () => {
  federation = await Federation.start({ xmpp: true, config: { log: { level: "debug" } } });
  const partner = await federation.party("partner");
  platform = await federation.party("platform");
  juliet = await XmppClient.login({
    server: (await foreignServer(federation, DOMAIN)).server,
    user: "juliet",
  });
  await federation.cluster.apply(open(to(partner)), route("local", "example.com", to(platform, "UDP")));
  const { host, port } = federation.replica.rpc;
  const env = { ...process.env, CONTROL_HOST: host, RPC_PORT: String(port) };
  execFileSync(join(repositoryRoot, "src/router/kamailio-log"), ["debug"], { env });
});
after(async () => {
  await juliet.close();
  await federation.stop();
});

interface Line {
  readonly msg?: string;
  readonly callId?: string;
  readonly [field: string]: unknown;
}

/** What the operator says of a request, without times. */
function ofOperator(callId: string): readonly Line[] {
  const lines = federation.replica.operator.log().split("\n");
  const objects = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Line);
  return objects.filter((line) => line.callId === callId);
}

/** What the router says of a request: as it follows the Call-ID, ports of connections left out. */
function ofRouter(callId: string): readonly string[] {
  const lines = federation.replica.router.log().split("\n");
  return lines
    .flatMap((line) => line.split(`<script>: ${callId} `)[1] ?? [])
    .map((line) => line.replaceAll(/(udp|tcp):[\d.]+:\d+/g, "$1"));
}

/** Waits until both have told all. */
async function followed(callId: string, router: readonly string[], operator: readonly Line[]): Promise<void> {
  await waitFor(`the story of ${callId}`, () => {
    assert.deepEqual(ofRouter(callId), router);
    const told = ofOperator(callId).map((line) =>
      Object.fromEntries(
        Object.entries(line).flatMap(([name, value]) => (SHOWN.has(name) ? [[name, bare(value)]] : [])),
      ),
    );
    assert.deepEqual(told, operator);
    return true;
  });
}

/** Without the resource of a client. */
function bare(value: unknown): unknown {
  return typeof value === "string" ? value.replace(/^(juliet@[^/]+)\/.*$/, "$1") : value;
}

const SHOWN = new Set(["msg", "domain", "verdict", "method", "uri", "status", "to", "from"]);

test("from the inside to an unknown domain, which speaks XMPP", async () => {
  const callId = "there@inside.test";
  const headers = [
    ["Call-ID", callId],
    ["Content-Type", "text/plain"],
  ] as const;
  const call = { to: JULIET, from: ALICE, body: "Soft!", headers };
  assert.equal(await federation.fromInside(call), "200");
  await juliet.nextMessage("Soft!");
  const { host } = federation.replica.control;
  await followed(
    callId,
    [
      `MESSAGE: waits for the verdict on ${DOMAIN}`,
      `MESSAGE: goes on, verdict on ${DOMAIN}: gateway`,
      `MESSAGE sip:${JULIET} from udp goes to sip:${host}:8066;transport=tcp`,
      "MESSAGE: tcp answered 200",
    ],
    [
      { domain: DOMAIN, verdict: "gateway", msg: "the router asked about a domain" },
      { from: ALICE, to: JULIET, msg: "goes to XMPP as a message" },
      { method: "MESSAGE", uri: `sip:${JULIET}`, status: 200, msg: "from the router to the XMPP gateway" },
    ],
  );
});

test("from XMPP to the inside: the thread is the Call-ID", async () => {
  const callId = "back-again";
  await juliet.message(ALICE, "Good night", callId);
  const where = `${platform.host}:${platform.port}`;
  await followed(
    callId,
    [`MESSAGE sip:${ALICE} from tcp goes to sip:${where};transport=udp`, "MESSAGE: udp answered 200"],
    [
      { to: ALICE, from: JULIET, msg: "goes to SIP as a MESSAGE" },
      { method: "MESSAGE", uri: `sip:${ALICE}`, status: 200, msg: "from the XMPP gateway to the router" },
    ],
  );
});
