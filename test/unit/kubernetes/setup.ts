import type { TestContext } from "node:test";
import { KubernetesClient } from "../../../src/kubernetes/client.ts";
import { FakeApiServer } from "../../support/fake-api-server.ts";
import { recordingLogger } from "../../support/recording-logger.ts";

/** A scripted API server, and a client of its namespace `ns`; both end with the test. */
export async function fakeApi(t: TestContext) {
  const server = await FakeApiServer.start();
  const client = new KubernetesClient({ kubeConfig: server.kubeConfig(), namespace: "ns" });
  t.after(async () => {
    await client.close();
    await server.stop();
  });
  return { server, client, log: recordingLogger() };
}
