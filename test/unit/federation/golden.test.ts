/**
 * Golden files: testdata/*.in.yaml holds objects, settings and requests, *.out.yaml what they mean. After a wanted
 * change of meaning, `UPDATE_GOLDEN=1 node --test test/unit/federation/golden.test.ts` rewrites them: read the diff.
 */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { dump, load } from "js-yaml";
import { parseSipUri } from "../../../src/admin/sip-uri.ts";
import { decide } from "../../../src/federation/decide.ts";
import { decideInDialog } from "../../../src/federation/decide-in-dialog.ts";
import { explain } from "../../../src/federation/explain.ts";
import { translate, type FederationObjects } from "../../../src/federation/translate.ts";
import type {
  Decision,
  DomainObject,
  FederationConfig,
  InDialogRequest,
  RoutingTable,
  SipRequest,
  SipUri,
} from "../../../src/federation/types.ts";
import {
  config,
  domain,
  plainTable,
  route,
  sortedObject,
  type RouteFields,
} from "../../support/federation-objects.ts";
import { viewOf } from "../../support/federation-view.ts";

interface Input {
  readonly config?: Partial<FederationConfig>;
  readonly routes?: readonly (RouteFields & { readonly name: string })[];
  readonly domains?: readonly (Partial<DomainObject["spec"]> & { readonly name: string })[];
  readonly requests?: readonly RequestFields[];
  readonly inDialog?: readonly InDialogFields[];
}

/** A request; by default a MESSAGE from the inside. `host` stands for a Request-URI that has no valid one. */
interface RequestFields {
  readonly method?: string;
  readonly source?: string;
  readonly insideListener?: boolean;
  readonly certificateNames?: readonly string[];
  readonly overXmpp?: boolean;
  readonly uri?: string;
  readonly host?: string;
  readonly from?: string;
}

interface InDialogFields extends Omit<InDialogRequest, "source" | "from" | "to"> {
  readonly source?: string;
  readonly from: string;
  readonly to: string;
}

const INSIDE = "10.1.1.1";
const testdata = new URL("testdata/", import.meta.url);
const cases = readdirSync(testdata)
  .filter((name) => name.endsWith(".in.yaml"))
  .map((name) => name.replace(".in.yaml", ""));

for (const name of cases) {
  test(`golden: ${name}`, () => {
    const output = dump(meaningOf(readInput(name)), { lineWidth: 120, noRefs: true });
    const file = new URL(`${name}.out.yaml`, testdata);
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, output);
    assert.equal(output, readFileSync(file, "utf8"));
  });
}

test("the golden files show every row of the decision table in both directions", () => {
  const shown = new Set(
    cases.flatMap((name) =>
      decisionsOf(readInput(name)).map(({ row, direction }) => `${row} ${direction ?? "none"}`),
    ),
  );
  const rows = [1, 2, 3, 4, 5, 6].flatMap((row) => [`${row} outbound`, `${row} inbound`]);
  // Row 7 is never inbound: a route to the inside has a next hop, or there is none and the answer is 404.
  for (const wanted of ["0 none", "0 internal", ...rows, "7 outbound"]) assert.ok(shown.has(wanted), wanted);
});

function readInput(name: string): Input {
  return load(readFileSync(new URL(`${name}.in.yaml`, testdata), "utf8")) as Input;
}

function meaningOf(input: Input) {
  const { table, routeVerdicts, domainVerdicts } = translationOf(input);
  return {
    table: plainTable(table),
    routeVerdicts: sortedObject(routeVerdicts),
    domainVerdicts: sortedObject(domainVerdicts),
    decisions: decisionsOf(input),
    ...(input.inDialog && { inDialog: input.inDialog.map((fields) => inDialogOf(fields, table)) }),
  };
}

function translationOf(input: Input) {
  return translate(objectsOf(input), config(input.config));
}

function objectsOf(input: Input): FederationObjects {
  const routes = (input.routes ?? []).map(({ name, ...spec }) => route(name, spec));
  const domains = (input.domains ?? []).map(({ name, ...spec }) => domain(name, spec));
  return { routes, domains };
}

function decisionsOf(input: Input) {
  const view = viewOf(objectsOf(input), config(input.config));
  return (input.requests ?? []).map((fields) => ({
    request: describe(fields),
    summary: explain(view, requestOf(fields)).summary,
    ...brief(decide(view.table, requestOf(fields))),
  }));
}

/** Next hops are in the table already: their routes name them. */
function brief(decision: Decision) {
  if (decision.action !== "relay") return decision;
  return { ...decision, candidates: decision.candidates.map((hop) => hop.route) };
}

function inDialogOf(fields: InDialogFields, table: RoutingTable) {
  const request = {
    ...fields,
    source: fields.source ?? INSIDE,
    from: uriOf(fields.from),
    to: uriOf(fields.to),
  };
  return { request: describe(fields), ...decideInDialog(table, request) };
}

function requestOf(fields: RequestFields): SipRequest {
  const { method, source, uri, host, from, insideListener, certificateNames, overXmpp } = fields;
  return {
    method: method ?? "MESSAGE",
    source: source ?? INSIDE,
    requestUri: uri === undefined ? { scheme: "sip", host: host ?? "" } : uriOf(uri),
    from: from === undefined ? undefined : uriOf(from),
    ...(insideListener !== undefined && { insideListener }),
    ...(certificateNames !== undefined && { certificateNames }),
    ...(overXmpp !== undefined && { overXmpp }),
  };
}

function uriOf(text: string): SipUri {
  const uri = parseSipUri(text);
  assert.ok(uri, `${text} is no URI`);
  return uri;
}

function describe(fields: object): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(", ");
}
