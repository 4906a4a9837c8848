import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "js-yaml";

const file = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

test("docs/monitoring.md names every alert, with its severity, in order", () => {
  const { groups } = load(file("charts/sip-federation/monitoring/alerts.yaml")) as {
    groups: { rules: { alert: string; labels: { severity: string } }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert, labels }) => [alert, labels.severity]));
  const rows = [...file("docs/monitoring.md").matchAll(/^\| `(Sip\w+)` +\| (\w+) /gm)];
  assert.deepEqual(
    rows.map(([, alert, severity]) => [alert, severity]),
    alerts,
  );
});
