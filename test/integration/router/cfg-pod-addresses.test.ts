/** A router finds its addresses among those of its pod: SIP on both families, health where the kubelet probes. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { claimAddressBlock } from "../../support/addresses.ts";
import { freePort } from "../../support/free-port.ts";
import { kamailioBinaries } from "../../support/kamailio-binaries.ts";
import { Kamailio } from "../../support/kamailio.ts";
import { IPV6 } from "../../support/router-bed.ts";
import { UserAgent } from "../../support/sip/user-agent.ts";

for (const binary of kamailioBinaries()) {
  describe(`Kamailio ${binary.version}, addresses of the pod`, () => {
    /** In a pod of which the router is told nothing but its addresses. */
    async function inPod(t: TestContext, addressesOf: (ipv4: string) => string) {
      const block = await claimAddressBlock();
      const host = block.address(1);
      const [sip, health] = [await freePort(IPV6), await freePort(IPV6)];
      const router = await Kamailio.start({
        binary,
        host,
        env: {
          SIP_IPV4: "",
          HEALTH_HOST: "",
          POD_IPS: addressesOf(host),
          SIP_PORT: String(sip),
          HEALTH_PORT: String(health),
        },
      });
      t.after(async () => {
        await router.stop();
        block.release();
      });
      const probe = async (address: string, path: string): Promise<number> =>
        (await fetch(`http://${address}:${health}${path}`)).status;
      return { router, host, sip, probe };
    }

    test("a pod with IPv6 alone is probed and serves there", async (t) => {
      const { router, sip, probe } = await inPod(t, () => IPV6);
      assert.equal(await probe("[::1]", "/healthz"), 200);
      assert.equal(await probe("[::1]", "/readyz"), 503);
      await router.program({ inside: "::1/128", names: { "local.test": "L|" } });
      assert.equal(await probe("[::1]", "/readyz"), 200);
      assert.equal(await probe("[::1]", "/status"), 404, "control stays where it is");
      const agent = await UserAgent.open({ host: IPV6, port: await freePort(IPV6) });
      t.after(() => agent.close());
      for (const transport of ["udp", "tcp"] as const) {
        const target = { host: IPV6, port: sip, transport };
        const response = await agent.request({ method: "OPTIONS", uri: "sip:local.test", target });
        assert.equal(response.status, 200, transport);
      }
    });

    test("of two addresses the first is probed", async (t) => {
      const six = await inPod(t, (ipv4) => `${IPV6},${ipv4}`);
      assert.equal(await six.probe("[::1]", "/healthz"), 200);
      await assert.rejects(six.probe(six.host, "/healthz"));
      const four = await inPod(t, (ipv4) => `${ipv4},${IPV6}`);
      assert.equal(await four.probe(four.host, "/healthz"), 200);
      await assert.rejects(four.probe("[::1]", "/healthz"));
    });
  });
}
