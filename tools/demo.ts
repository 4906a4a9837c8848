/** `npm run demo`: the story of open federation, told on real parts. Exits with 0, or says why not. */
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Narrator } from "./demo/narrator.ts";
import { tellStory } from "./demo/story.ts";
import { Sandbox } from "./sandbox/sandbox.ts";
import { interruption } from "./setup/interruption.ts";
import { say } from "./setup/progress.ts";

const start = Date.now();
const asked = interruption();
const directory = mkdtempSync(join(tmpdir(), "sip-federation-demo-"));
process.env.TMPDIR = directory; // what a command of the story is cut short with goes with the directory
process.on("exit", () => {
  // by now everything that was started has been killed, but some of it may be about to write its last file
  rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
});

const signal = await Promise.race([asked, runDemo()]);
if (signal !== undefined) {
  say(`\nThe demo is interrupted (${signal}): everything that it started ends now.`);
  process.exitCode = 128 + constants.signals[signal];
}
process.exit();

async function runDemo(): Promise<undefined> {
  const sandbox = await Sandbox.start(directory, say);
  sandbox.supervise(say);
  introduce(sandbox);
  try {
    const path = `${dirname(sandbox.env.KUBECTL)}:${process.env.PATH ?? ""}`;
    await tellStory({
      sandbox,
      narrator: new Narrator({ ...sandbox.env, PATH: path }, directory),
      directory,
    });
    say(`The demo is over: all of it happened as it should (${Math.round((Date.now() - start) / 1000)} s).`);
  } catch (error) {
    explain(error, sandbox);
    process.exitCode = 1;
  }
  await sandbox.stop();
}

function introduce({ env }: Sandbox): void {
  const { KUBECONFIG, KUBECTL, SIP_UDP, ADMIN_URL, INSIDE_IP, XMPP_DOMAIN, XMPP_USER } = env;
  say(`
A Kubernetes API, a SIP router (Kamailio), an XMPP gateway (Prosody) and the operator are running, and somebody else's
XMPP server: ${XMPP_DOMAIN}. In the commands below, kubectl is
${KUBECTL}
with KUBECONFIG=${KUBECONFIG}
The router listens at ${SIP_UDP}; example.com is the local domain; what comes from ${INSIDE_IP} is inside.
tools/sandbox/sip sends and answers by SIPp, tools/sandbox/xmpp is the user ${XMPP_USER} of that server. ADMIN_URL is ${ADMIN_URL}.`);
}

function explain(error: unknown, { environment }: Sandbox): void {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  const { router, operator } = environment.replica;
  const gateway = environment.xmpp.gateway.process;
  for (const [name, part] of Object.entries({ router, operator, "XMPP gateway": gateway })) {
    console.error(`\nThe end of the log of the ${name}:\n${part.log().slice(-3000)}`);
  }
}
