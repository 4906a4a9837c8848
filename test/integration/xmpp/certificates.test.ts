import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { waitFor } from "../../support/wait-for.ts";
import { LOCAL_DOMAIN, XmppBed } from "../../support/xmpp-bed.ts";
import { peerCertificate } from "../../support/xmpp-tls.ts";

describe("the gateway's certificate", () => {
  let bed: XmppBed;

  before(async () => {
    bed = await XmppBed.open({ env: { XMPP_CHECK_SECONDS: "0.2" } });
    await bed.prosody({ domain: "good.example" });
  });
  after(() => bed.close());

  /** Replaces files as the kubelet does: each one at once. */
  function install(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = join(bed.gateway.tlsDirectory, name);
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    }
  }

  const shown = (): Promise<X509Certificate> => peerCertificate(bed.gateway.host, LOCAL_DOMAIN);

  test("a renewed one is shown without a restart, and no stream is lost", async () => {
    const { cert, key } = bed.authority.issue({ names: [`DNS:${LOCAL_DOMAIN}`] });
    const { fingerprint256 } = new X509Certificate(cert);
    assert.notEqual((await shown()).fingerprint256, fingerprint256);
    assert.equal(await bed.discovery().ask("good.example"), "xmpp");
    const { pid } = bed.gateway.process;
    const reports = bed.logger.records.length;
    install({ "tls.crt": cert, "tls.key": key });
    await waitFor("the new certificate", async () => (await shown()).fingerprint256 === fingerprint256);
    assert.equal(bed.gateway.process.pid, pid);
    assert.equal(bed.logger.records.length, reports);
    assert.equal(await bed.discovery().ask("good.example"), "xmpp");
  });

  test("files that do not fit together are refused, and the old ones stay in use", async () => {
    const before = (await shown()).fingerprint256;
    const { cert } = bed.authority.issue({ names: [`DNS:${LOCAL_DOMAIN}`] });
    install({ "tls.crt": cert });
    await waitFor("the refusal", () => bed.gateway.process.log().includes("private key does not match"));
    assert.equal((await shown()).fingerprint256, before);
    install({ "tls.crt": "no certificate" });
    await waitFor("the next refusal", () => bed.gateway.process.log().includes("error loading certificate"));
    assert.equal((await shown()).fingerprint256, before);

    const good = bed.authority.issue({ names: [`DNS:${LOCAL_DOMAIN}`] });
    install({ "tls.crt": good.cert, "tls.key": good.key });
    const { fingerprint256 } = new X509Certificate(good.cert);
    await waitFor("the sound one", async () => (await shown()).fingerprint256 === fingerprint256);
  });
});
