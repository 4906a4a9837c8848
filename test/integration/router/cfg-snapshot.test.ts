/** The table that the router starts from when nobody is there to program it. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { PORTS } from "../../support/kamailio-spec.ts";
import { LOCAL, RouterBed, uri } from "../../support/router-bed.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

const HEADER = "key_name(string) key_type(int) value_type(int) key_value(string) expires(int)";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, snapshot`, () => {
    /** A bed whose router finds this in its snapshot directory; undefined: nothing. */
    async function startFrom(
      t: TestContext,
      content: ((bed: RouterBed) => string) | undefined,
    ): Promise<{ bed: RouterBed; directory: string }> {
      const directory = temporaryDirectory("snapshot");
      const bed = await RouterBed.open(binary, { env: { SNAPSHOT_DIRECTORY: directory } });
      t.after(() => bed.close());
      if (content !== undefined) {
        writeFileSync(join(directory, "t"), content(bed));
        await bed.router.restart();
      }
      return { bed, directory };
    }

    test("by the probe of its container it is ready with a table, and not without one, nor when it is gone", async (t) => {
      const { bed } = await startFrom(t, undefined);
      assert.equal(await bed.router.isReady(), false);
      await bed.program();
      assert.equal(await bed.router.isReady(), true);
      await bed.router.kill();
      assert.equal(await bed.router.isReady(), false);
    });

    const row = (key: string, value: string): string => `${key}:0:0:${value.replaceAll(":", "\\:")}:0\n`;
    const snapshot = (bed: RouterBed): string =>
      [
        `${HEADER}\n`,
        row("key", "0123456789abcdef|60"),
        row(`snap/s/${LOCAL}`, `0||1|${uri(bed.platform)}`),
        row(`snap/n/${LOCAL}`, `L|${LOCAL}`),
        row("active", `snap|0|0|S|${bed.address(8)}/29|`),
      ].join("");
    const ready = async (bed: RouterBed): Promise<boolean> =>
      (await fetch(`http://${bed.router.host}:${PORTS.health}/readyz`)).ok;

    test("it serves from the snapshot, without an operator", async (t) => {
      const { bed } = await startFrom(t, snapshot);
      assert.equal(await ready(bed), true);
      assert.equal((await bed.router.control.status())?.epoch, "snap");
      assert.equal((await bed.fromInside(`sip:a@${LOCAL}`)).status, 200);
      assert.equal((await bed.fromInside("sip:a@unknown.test")).status, 403);
      assert.equal((await bed.router.table("t")).get("key"), "0123456789abcdef|60");
    });

    test("without a snapshot it starts, is alive but not ready, and refuses with 503", async (t) => {
      const { bed, directory } = await startFrom(t, undefined);
      assert.equal(await ready(bed), false);
      const { status } = await bed.fromInside(`sip:a@${LOCAL}`);
      assert.equal(status, 503);
      assert.equal((await bed.router.control.status())?.epoch, undefined);
      assert.equal(readFileSync(join(directory, "t"), "utf8"), `${HEADER}\n`);
      await bed.program();
      assert.equal(await ready(bed), true);
      assert.equal((await bed.fromInside(`sip:a@${LOCAL}`)).status, 200);
    });

    const damages: Readonly<Record<string, (sound: string) => string>> = {
      empty: () => "",
      "another header": (sound) => sound.replace("key_type", "type"),
      "a truncated line": (sound) => sound.slice(0, -12),
      "a row with too many fields": (sound) => `${sound}a:0:0:b:c:0\n`,
      "binary rubbish": (sound) => `${sound}\u0000\u0001\u00ff\u0000\n`,
      "another file": () => "<html>\n".repeat(1000),
    };
    for (const [name, damage] of Object.entries(damages)) {
      test(`damaged (${name}): it starts empty and keeps the file aside`, async (t) => {
        const { bed, directory } = await startFrom(t, (it) => damage(snapshot(it)));
        assert.equal(await ready(bed), false);
        assert.equal(readFileSync(join(directory, "t"), "utf8"), `${HEADER}\n`);
        assert.match(bed.router.log(), /snapshot .* is damaged/);
      });
    }

    test("marks of dialogs hold over a restart: the key is in the snapshot", async (t) => {
      const { bed } = await startFrom(t, snapshot);
      const keyBefore = (await bed.router.table("t")).get("key");
      await bed.router.restart();
      assert.equal((await bed.router.table("t")).get("key"), keyBefore);
    });
  });
}
