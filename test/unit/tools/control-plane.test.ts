import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  controlPlaneIsBuilt,
  controlPlaneProgram,
  hasControllerManager,
} from "../../../tools/setup/control-plane.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

/** `KUBEBUILDER_ASSETS` with these programs, beside a cache in which nothing was ever built. */
function assetsWith(t: TestContext, ...programs: string[]): string {
  const before = { ...process.env };
  t.after(() => {
    for (const name of ["KUBEBUILDER_ASSETS", "XDG_CACHE_HOME"]) {
      const value = before[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });
  const assets = temporaryDirectory("assets");
  for (const program of programs) writeFileSync(join(assets, program), "");
  process.env.KUBEBUILDER_ASSETS = assets;
  process.env.XDG_CACHE_HOME = temporaryDirectory("cache");
  return assets;
}

test("the programs of KUBEBUILDER_ASSETS are used, and nothing is built", (t) => {
  const assets = assetsWith(t, "etcd", "kube-apiserver", "kubectl");
  assert.ok(controlPlaneIsBuilt());
  for (const name of ["etcd", "kube-apiserver", "kubectl"] as const) {
    assert.equal(controlPlaneProgram(name), join(assets, name));
  }
  assert.equal(hasControllerManager(), false, "which those assets lack");
});

test("assets that lack a program are no control plane", (t) => {
  assetsWith(t, "kubectl");
  assert.equal(controlPlaneIsBuilt(), false);
  assert.throws(() => controlPlaneProgram("etcd"), /etcd is missing: run 'node tools\/setup\.mjs'/);
});
