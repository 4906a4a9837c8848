import type { Cluster } from "../../cluster.ts";
import { Failure } from "../../command.ts";
import { askOperator } from "../../operator.ts";
import type { Told } from "../types.ts";
import { told } from "./told.ts";

/** What an operator says would happen to an INVITE from the inside for a domain, in one line. */
export function explained(domain: string, cluster: Cluster): Promise<Told<string>> {
  return told(async () => {
    const question = new URLSearchParams({ uri: `sip:${domain}`, source: "inside" });
    const { status, body, from } = await askOperator(cluster, `/explain?${question.toString()}`);
    const summary = status === 200 ? summaryIn(body) : undefined;
    if (summary === undefined) throw new Failure(`${from} answered with ${status}: ${body.trim()}`);
    return summary;
  });
}

function summaryIn(body: string): string | undefined {
  try {
    const { summary } = JSON.parse(body) as { summary?: unknown };
    return typeof summary === "string" ? summary : undefined;
  } catch {
    return undefined;
  }
}
