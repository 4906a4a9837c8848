/** `npm run demo`: the story of open federation, told on real parts. Exits with 0, or says why not. */
import { dirname } from "node:path";
import { temporaryDirectory } from "../test/support/temporary.ts";
import { Narrator } from "./demo/narrator.ts";
import { tellStory } from "./demo/story.ts";
import { Sandbox } from "./sandbox/sandbox.ts";
import { say } from "./setup/progress.ts";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(1)); // what was started ends with this process
}

const start = Date.now();
const directory = temporaryDirectory("demo");
const sandbox = await Sandbox.start(directory, say);
sandbox.superviseReplica(say);
const { KUBECONFIG, KUBECTL, SIP_UDP, ADMIN_URL, INSIDE_IP } = sandbox.env;
say(`
A Kubernetes API, a SIP router (Kamailio) and the operator are running. In the commands below, kubectl is
${KUBECTL}
with KUBECONFIG=${KUBECONFIG}
The router listens at ${SIP_UDP}; example.com is the local domain; what comes from ${INSIDE_IP} is inside.
tools/sandbox/sip sends and answers by SIPp. ADMIN_URL is ${ADMIN_URL}.`);
const env = { ...sandbox.env, PATH: `${dirname(KUBECTL)}:${process.env.PATH ?? ""}` };
try {
  await tellStory({ sandbox, narrator: new Narrator(env), directory });
  say(`The demo is over: all of it happened as it should (${Math.round((Date.now() - start) / 1000)} s).`);
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  const { router, operator } = sandbox.environment.replica;
  for (const [name, part] of Object.entries({ router, operator })) {
    console.error(`\nThe end of the log of the ${name}:\n${part.log().slice(-3000)}`);
  }
  process.exitCode = 1;
}
await sandbox.stop();
process.exit();
