import { parseArgs } from "node:util";
import { Misuse } from "./command.ts";
import type { OperatorAddress } from "./operator.ts";

/** What `sipfed explain` was asked. */
export interface ExplainArguments {
  /** Parameters of /explain (docs/operations.md). */
  readonly question: Readonly<Record<string, string>>;
  readonly output: "text" | "json";
  readonly operator: OperatorAddress;
}

const OPTIONS = {
  method: { type: "string" },
  from: { type: "string" },
  source: { type: "string" },
  certificate: { type: "string" },
  output: { type: "string", short: "o" },
  namespace: { type: "string", short: "n" },
  context: { type: "string" },
  kubeconfig: { type: "string" },
  pod: { type: "string" },
  server: { type: "string" },
} as const;

export function usage(name: string): string {
  return `Usage: ${name} explain URI [OPTION...]

Tells what would happen to a SIP request, and why: candidates in order, those that are passed over, the next hop, and
what would be remembered. An operator answers, from the code that routes; nothing is sent.

  ${name} explain sip:bob@partner.example -n voice
  ${name} explain sip:alice@example.com --from sip:bob@partner.example --source 192.0.2.9 --method MESSAGE

      --method METHOD     method of the request (INVITE)
      --from URI          its From; counts from the outside alone
      --source SOURCE     where it comes from: inside, outside, xmpp, or an IP address (inside)
      --certificate NAME  a name that its TLS connection has proven (none)
  -o, --output FORMAT     text or json (text)

Whom to ask:
  -n, --namespace NAME    namespace of the installation (that of the context)
      --context NAME      context of the kubeconfig (the current one)
      --kubeconfig FILE   instead of KUBECONFIG and ~/.kube/config
      --pod NAME          this pod (any that is ready)
      --server URL        an admin listener itself, without Kubernetes: http://127.0.0.1:8064

Exit code: 0 relayed, or answered with success; 1 refused, dropped, or no next hop to use; 2 no answer to the question.
`;
}

/** Reads what follows `explain`. Throws `Misuse`. */
export function readExplainArguments(args: readonly string[]): ExplainArguments {
  const { values, positionals } = parse(args);
  const { method, from, source, certificate, output = "text", server, ...kubernetes } = values;
  const [uri, stray] = positionals;
  if (uri === undefined) throw new Misuse("explain needs a URI, for example sip:bob@partner.example");
  if (stray !== undefined) throw new Misuse(`explain takes one URI, and ${stray} is another argument`);
  if (output !== "text" && output !== "json") throw new Misuse(`--output is text or json, not ${output}`);
  return {
    question: Object.fromEntries(
      Object.entries({ uri, method, from, source, certificate }).filter(
        (it): it is [string, string] => it[1] !== undefined,
      ),
    ),
    output,
    operator: server === undefined ? kubernetes : directly(server, kubernetes),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    // Node.js goes on with advice on arguments that begin with a dash.
    throw new Misuse((error as Error).message.split(". ")[0], { cause: error });
  }
}

function directly(server: string, kubernetes: Readonly<Record<string, string | undefined>>): OperatorAddress {
  const [useless] = Object.entries(kubernetes).flatMap(([name, value]) => (value === undefined ? [] : name));
  if (useless !== undefined)
    throw new Misuse(`--server asks without Kubernetes: leave out --${useless}, or --server`);
  const url = URL.parse(server);
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new Misuse(`--server is a URL such as http://127.0.0.1:8064, not ${server}`);
  return { server: url };
}
