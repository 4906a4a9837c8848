/** The story of open federation, in the order in which an administrator meets it. */
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Narrator } from "./narrator.ts";
import { Peer, SipPeer } from "./peer.ts";

export interface Stage {
  readonly sandbox: Sandbox;
  readonly narrator: Narrator;
  /** Logs go here. */
  readonly directory: string;
}

const OK = /^SIP\/2.0 200 OK$/m;
const FORBIDDEN = /^SIP\/2.0 403 /m;

const message = (sender: string, recipient: string): string =>
  `tools/sandbox/sip message ${sender} ${recipient}`;

const apply = (name: string, spec: string): string => `kubectl apply --server-side -f - <<'END'
apiVersion: sipfederation.io/v1alpha1
kind: StaticRoute
metadata: { name: ${name} }
spec: ${spec}
END`;

export async function tellStory(stage: Stage): Promise<void> {
  await closed(stage);
  const partners = await opened(stage);
  await discovered(stage, partners);
  await discoveredOverXmpp(stage);
  await called(stage, partners);
  await blocked(stage, partners);
  await forgotten(stage, partners);
  await closedAgain(stage, partners);
  await explicitRoute(stage);
  await inbound(stage);
  await crashed(stage, partners);
}

async function closed({ narrator }: Stage): Promise<void> {
  narrator.step("A new installation is closed: the predefined default route is blocked");
  await narrator.run("kubectl get staticroutes,federateddomains", /default .*Blocked/);
  narrator.note("A message from the inside to a domain that nobody configured is refused:");
  await narrator.run(message("alice@example.com", "bob@partner.example.org"), FORBIDDEN);
}

async function opened({ sandbox, narrator, directory }: Stage): Promise<SipPeer> {
  narrator.step("One default route opens federation with every domain");
  const partners = new SipPeer("partners", sandbox.environment.peerAddress(), directory);
  const spec = `{ destinationPattern: ".*", blockRoute: false, nextHop: ${partners.address}, protocolType: UDP }`;
  await narrator.run(apply("default", spec), /serverside-applied/);
  await narrator.run("kubectl wait --for=condition=Programmed staticroute/default", /condition met/);
  await narrator.run("kubectl get staticroutes", /default .*Open/);
  return partners;
}

async function discovered({ narrator }: Stage, partners: Peer): Promise<void> {
  narrator.step("The same message goes through now, and the domain is written back");
  narrator.note("The domain is asked over XMPP first. It has none, so the default route serves it:");
  await narrator.run(message("alice@example.com", "bob@partner.example.org"), OK);
  await partners.saw(/wrote to sip:bob@partner.example.org/);
  await narrator.run(
    "kubectl wait --for=condition=Ready --timeout=10s federateddomain/partner.example.org",
    /met/,
  );
  await narrator.run("kubectl get federateddomains", /partner.example.org .*True/);
  await narrator.run("kubectl describe federateddomain partner.example.org", /Discovered/);
}

async function discoveredOverXmpp({ sandbox, narrator, directory }: Stage): Promise<void> {
  narrator.step("A domain that does have XMPP is reached over it: nobody configured that one either");
  const { env } = sandbox;
  const juliet = new Peer({ name: "juliet", command: ["xmpp", "listen"], env, directory });
  await juliet.saw(/is logged in/);
  await narrator.run(message("alice@example.com", `juliet@${env.XMPP_DOMAIN}`), OK);
  await juliet.saw(/alice@example.com wrote: Hello/);
  const row = new RegExp(`${env.XMPP_DOMAIN} +XMPP .*True`);
  await narrator.run("kubectl get federateddomains", row);
}

async function called({ narrator }: Stage, partners: Peer): Promise<void> {
  narrator.step("A call to another new domain: ringing, answered, ended inside its dialog");
  await narrator.run(
    "tools/sandbox/sip call alice@example.com carol@voice.example.net",
    /180[^]*200 OK[^]*200 OK/,
  );
  await partners.saw(/hung up/);
  await narrator.run("kubectl get federateddomains", /voice.example.net/);
  narrator.note("Why does a request go where it goes? `sipfed explain` answers from the code that routes:");
  const sipfed = "node_modules/.bin/node src/cli/main.ts";
  const question = "explain sip:carol@voice.example.net --source $INSIDE_IP --server $ADMIN_URL";
  await narrator.run(`${sipfed} ${question}`, /voice.example.net is known/);
}

async function blocked({ narrator }: Stage, partners: Peer): Promise<void> {
  narrator.step("One domain is blocked, while all others stay open");
  const patch = (policy: string): string =>
    `kubectl patch federateddomain partner.example.org --type=merge -p '{"spec":{"policy":"${policy}"}}'`;
  await narrator.run(patch("Block"), /patched/);
  await narrator.run(message("alice@example.com", "bob@partner.example.org"), FORBIDDEN);
  await narrator.run(message("alice@example.com", "carol@voice.example.net"), OK);
  await partners.saw(/wrote to sip:carol@voice.example.net/);
  await narrator.run("kubectl get federateddomains", /partner.example.org .*Blocked/);
}

async function forgotten({ narrator }: Stage, partners: Peer): Promise<void> {
  narrator.step("Deleting a domain forgets it: the next message discovers it anew");
  await narrator.run("kubectl delete federateddomain partner.example.org", /deleted/);
  await narrator.run(message("alice@example.com", "bob@partner.example.org"), OK);
  await partners.saw(/wrote to sip:bob@partner.example.org/);
  await narrator.run("kubectl get federateddomains", /partner.example.org/);
}

async function closedAgain({ narrator }: Stage, partners: Peer): Promise<void> {
  narrator.step("Blocking the default route stops new domains at once; known ones keep working");
  await narrator.run(
    `kubectl patch staticroute default --type=merge -p '{"spec":{"blockRoute":true}}'`,
    /patched/,
  );
  await narrator.run(message("alice@example.com", "dave@new.example.org"), FORBIDDEN);
  await narrator.run(message("alice@example.com", "bob@partner.example.org"), OK);
  await partners.saw(/wrote to sip:bob@partner.example.org/);
  narrator.note("And what is deleted now is gone:");
  await narrator.run("kubectl delete federateddomain voice.example.net", /deleted/);
  await narrator.run(message("alice@example.com", "carol@voice.example.net"), FORBIDDEN);
}

async function explicitRoute({ sandbox, narrator, directory }: Stage): Promise<void> {
  narrator.step("An explicit route serves its domains, even while federation is closed");
  const branch = new SipPeer("corp", sandbox.environment.peerAddress(), directory);
  const spec = `{ destinationPattern: "*.corp.example.net", nextHop: ${branch.address}, protocolType: UDP }`;
  await narrator.run(apply("corp", spec), /serverside-applied/);
  await narrator.run(message("alice@example.com", "erin@emea.corp.example.net"), OK);
  await branch.saw(/wrote to sip:erin@emea.corp.example.net/);
}

async function inbound({ sandbox, narrator, directory }: Stage): Promise<void> {
  narrator.step("The other direction: from the outside to the local domain, and nowhere else");
  const platform = new SipPeer("inside", sandbox.environment.peerAddress(), directory);
  const spec = `{ destinationPattern: example.com, nextHop: ${platform.address}, protocolType: UDP }`;
  await narrator.run(apply("inside", spec), /serverside-applied/);
  await narrator.run(`FROM=outside ${message("bob@partner.example.org", "alice@example.com")}`, OK);
  await platform.saw(/wrote to sip:alice@example.com/);
  narrator.note("Juliet writes back over XMPP, and the same platform gets it over SIP:");
  await narrator.run("tools/sandbox/xmpp message alice@example.com 'Good night'", /^$/);
  await platform.saw(/juliet@.* wrote to sip:alice@example.com.*Good night/);
  narrator.note("She asks to see when Alice is there, and learns that from the platform:");
  const command = ["xmpp", "watch", "alice@example.com"] as const;
  const watch = new Peer({ name: "watch", command, env: sandbox.env, directory });
  await platform.saw(/juliet@.* watches sip:alice@example.com/);
  await watch.saw(/alice@example.com is available/);
  narrator.note("Nobody out there may relay through here, or say that he is one of us:");
  await narrator.run(`FROM=outside ${message("mallory@example.net", "bob@partner.example.org")}`, FORBIDDEN);
  await narrator.run(`FROM=outside ${message("ceo@example.com", "alice@example.com")}`, FORBIDDEN);
}

async function crashed({ sandbox, narrator }: Stage, partners: Peer): Promise<void> {
  const { router, operator } = sandbox.environment.replica;
  narrator.step(
    "The router crashes: it is back with its table at once. The operator crashes: traffic goes on",
  );
  await narrator.run(`kill -KILL ${router.pid ?? 0} && echo router killed`, /router killed/);
  await narrator.run(message("alice@example.com", "bob@partner.example.org"), OK);
  await partners.saw(/wrote to sip:bob@partner.example.org/);
  await narrator.run(`kill -KILL ${operator.pid ?? 0} && echo operator killed`, /operator killed/);
  await narrator.run(message("alice@example.com", "bob@partner.example.org"), OK);
  await partners.saw(/wrote to sip:bob@partner.example.org/);
  await narrator.run("curl -s -o /dev/null -w '%{http_code}\\n' $ADMIN_URL/readyz", /^200$/m);
}
