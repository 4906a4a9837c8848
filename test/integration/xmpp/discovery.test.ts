import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { XmppBed } from "../../support/xmpp-bed.ts";

describe("discovery over XMPP", () => {
  let bed: XmppBed;

  before(async () => {
    bed = await XmppBed.open();
  });
  after(() => bed.close());

  test("a domain with a Prosody speaks XMPP", async () => {
    await bed.prosody({ domain: "prosody.example" });
    assert.equal(await bed.discovery().ask("prosody.example"), "xmpp");
  });
});
