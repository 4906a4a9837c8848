import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Target {
  readonly expr: string;
  readonly datasource: { readonly uid: string };
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
}
interface Dashboard {
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
}

const PATH = new URL("../../../charts/sip-federation/monitoring/dashboard.json", import.meta.url);
const dashboard = JSON.parse(readFileSync(PATH, "utf8")) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== "row");

test("the dashboard asks for its data source, and nothing lies upon something else", () => {
  assert.match(dashboard.uid, /^[a-z-]{1,40}$/);
  const variables = dashboard.templating.list.map(({ name, type }) => `${name} ${type}`);
  assert.deepEqual(variables, ["datasource datasource", "namespace query"]);
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  for (const { title, targets = [] } of panels) {
    assert(targets.length > 0, title);
    for (const { datasource } of targets) assert.equal(datasource.uid, "${datasource}", title);
  }
  const cells = new Set<string>();
  for (const { title, gridPos } of dashboard.panels) {
    const { x, y, w, h } = gridPos;
    assert(x + w <= 24, title);
    for (let column = x; column < x + w; column += 1) {
      for (let line = y; line < y + h; line += 1) {
        assert(!cells.has(`${column} ${line}`), `${title} lies upon another panel`);
        cells.add(`${column} ${line}`);
      }
    }
  }
});
