import { test } from "node:test";
import fc from "fast-check";
import type { DomainObject, RouteObject } from "../../../src/federation/types.ts";
import { domainObject, routeObject } from "../../support/arbitraries.ts";
import { assertHolds, startProgrammer, type ProgrammerBench } from "../../support/programmer.ts";
import { waitFor } from "../../support/wait-for.ts";

type Step =
  | { readonly kind: "setRoute"; readonly object: RouteObject }
  | { readonly kind: "setDomain"; readonly object: DomainObject }
  | { readonly kind: "deleteRoute" | "deleteDomain"; readonly name: string }
  /** Hands the changes so far to the programmer; `wait`: until they are in force. */
  | { readonly kind: "apply"; readonly wait: boolean }
  | { readonly kind: "restart" | "flush" | "turn" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: routeObject().map((object): Step => ({ kind: "setRoute", object })) },
  { weight: 4, arbitrary: domainObject().map((object): Step => ({ kind: "setDomain", object })) },
  { weight: 4, arbitrary: fc.nat(9).map((n): Step => ({ kind: "deleteRoute", name: `route-${n}` })) },
  { weight: 2, arbitrary: domainObject().map(({ name }): Step => ({ kind: "deleteDomain", name })) },
  { weight: 4, arbitrary: fc.boolean().map((wait): Step => ({ kind: "apply", wait })) },
  { weight: 4, arbitrary: fc.constant<Step>({ kind: "turn" }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: "restart" }, { kind: "flush" }) },
);

/** What becomes of one write after the other, over and over. */
const fates = fc.array(fc.constantFrom("answer", "answer", "answer", "lose", "executeOnly", "executeLate"), {
  minLength: 1,
  maxLength: 20,
});

test("whatever happens in whatever order, the router ends up with the table, and never with half of it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fates, async (steps, network) => {
      const { bench, stop } = await startProgrammer({ setsMs: 20, ordersMs: 20 });
      breakNetwork(bench, network);
      bench.start();
      for (const one of steps) await take(bench, one);
      await bench.programmer.apply(bench.model.takeChanges());
      await waitFor("the table in the router", () => {
        assertHolds(bench.router, bench.model);
        return true;
      });
      await stop();
    }),
    { numRuns: 60 },
  );
});

function breakNetwork({ router }: ProgrammerBench, fates: readonly string[]): void {
  let writes = 0;
  router.writes = (execute) => {
    const fate = fates[writes % fates.length];
    writes += 1;
    // Bad times pass: otherwise that would be a router that is away.
    if (fate === "answer" || writes % 12 > 4) {
      execute();
      return "answer";
    }
    if (fate === "executeOnly") execute();
    if (fate === "executeLate") setTimeout(execute, 2);
    return "break";
  };
}

async function take({ router, model, programmer }: ProgrammerBench, step: Step): Promise<void> {
  switch (step.kind) {
    case "setRoute":
      model.setRoute(step.object);
      return;
    case "setDomain":
      model.setDomain(step.object);
      return;
    case "deleteRoute":
      model.deleteRoute(step.name);
      return;
    case "deleteDomain":
      model.deleteDomain(step.name);
      return;
    case "apply": {
      const applied = programmer.apply(model.takeChanges());
      if (step.wait) await applied;
      return;
    }
    case "turn":
      await new Promise(setImmediate);
      return;
    case "restart":
      router.restart(`${router.instance}'`);
      return;
    case "flush":
      router.table.clear();
  }
}
