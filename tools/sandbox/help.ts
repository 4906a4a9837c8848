import { relative } from "node:path";
import type { SandboxEnv } from "./sandbox.ts";

/** How a person uses the sandbox; `envFile` is where its settings are. Every command here works as it stands. */
export function sandboxHelp(env: SandboxEnv, envFile: string): string {
  return `
The sandbox is ready; Ctrl-C ends it. docs/tutorial.md is a lesson with it. In another terminal:

  set -a; . ${relative(process.cwd(), envFile)}; set +a
  $KUBECTL get staticroutes,federateddomains           # only the predefined route, and it is blocked

Federation is closed: a message from the inside to any other domain is refused.

  tools/sandbox/sip message alice@$LOCAL_DOMAIN bob@partner.example.org

Open it: a next hop for every domain, and somebody there who answers.

  tools/sandbox/sip answer $NEXT_HOP_IP &
  $KUBECTL patch staticroute default --type=merge -p '{"spec":
    {"blockRoute": false, "nextHop": "'$NEXT_HOP_IP'", "protocolType": "UDP"}}'
  tools/sandbox/sip message alice@$LOCAL_DOMAIN bob@partner.example.org
  $KUBECTL get federateddomains                        # partner.example.org is known now

Unknown domains are asked over XMPP first. ${env.XMPP_DOMAIN} answers, and ${env.XMPP_USER} is somebody to talk to there:

  tools/sandbox/xmpp listen &
  tools/sandbox/sip message alice@$LOCAL_DOMAIN $XMPP_USER@$XMPP_DOMAIN
  $KUBECTL get federateddomains                        # its protocol is XMPP

Your own platform needs a route of its own to get the answer, and somebody there too:

  tools/sandbox/sip answer $PLATFORM_IP &
  echo '{"apiVersion": "sipfederation.io/v1alpha1", "kind": "StaticRoute", "metadata": {"name": "inside"},
    "spec": {"destinationPattern": "${env.LOCAL_DOMAIN}", "nextHop": "'$PLATFORM_IP'", "protocolType": "UDP"}}' |
    $KUBECTL apply -f -
  tools/sandbox/xmpp message alice@$LOCAL_DOMAIN 'Good night'
  tools/sandbox/xmpp watch alice@$LOCAL_DOMAIN         # and whether she is there

See it in a browser: ${env.CONSOLE_URL}
Log in with the token that this prints:

  $KUBECTL create token $CONSOLE_ACCOUNT --duration=24h

Why does a request go where it goes?

  node_modules/.bin/node src/cli/main.ts explain sip:bob@partner.example.org --source $INSIDE_IP --server $ADMIN_URL

A partner over TLS has to prove who it is. A certificate for any name, by the authority in $TLS_DIR/ca.crt:

  tools/sandbox/certificate sip:partner.example.org    # prints its file and that of its key

The router listens at ${env.SIP_UDP} (UDP and TCP) and ${env.SIP_TLS} (TLS). ${env.LOCAL_DOMAIN} is the local domain. Traffic from
${env.INSIDE_IP} is inside, traffic from anywhere else (${env.OUTSIDE_IP}) is outside.
${env.XMPP_USER}@${env.XMPP_DOMAIN} can log in with any XMPP client: password ${env.XMPP_PASSWORD}, ${env.XMPP_HOST}:${env.XMPP_PORT}.
Logs: ${relative(process.cwd(), envFile).replace(/env$/, "")}sip-federation-0/{router,operator}.log, xmpp/prosody.log beside it
`;
}
