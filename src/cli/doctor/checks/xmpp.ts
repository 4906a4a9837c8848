import type { Facts } from "../facts.ts";
import { count, findingsOf, type Finding } from "../types.ts";

const { ok, warning, problem } = findingsOf("xmpp");

/** Whether the XMPP gateway is there, where one is wanted. */
export function xmppFindings({
  pods,
  domains,
  settings,
}: Pick<Facts, "pods" | "domains" | "settings">): readonly Finding[] {
  const asked = (pods.ok ? pods.value : []).flatMap(({ name, operator, leaving }) =>
    operator.ok && !leaving ? [{ name, up: operator.value.metrics.get("sip_federation_xmpp_up") }] : [],
  );
  const enabled = asked.some(({ up }) => up !== undefined) || (settings?.ok === true && settings.value.xmpp);
  if (!enabled) return withoutGateway(domains, asked.length > 0 || settings?.ok === true);
  const down = asked.filter(({ up }) => up === 0);
  if (down.length > 0)
    return down.map(({ name }) =>
      problem(
        `pod ${name}: not every local domain has a stream to the XMPP gateway, so domains over XMPP are answered with 480`,
        `kubectl logs ${name} -c xmpp-gateway: is the secret of the component the same on both sides?`,
      ),
    );
  const up = asked.filter((pod) => pod.up === 1).length;
  return up > 0 ? [ok(`every local domain has its stream to the XMPP gateway, on ${count(up, "pod")}`)] : [];
}

function withoutGateway(domains: Facts["domains"], isTold: boolean): readonly Finding[] {
  const overXmpp = domains.ok ? domains.value.overXmpp : 0;
  if (!isTold || overXmpp === 0) return [];
  return [
    warning(
      `${count(overXmpp, "domain")} can be reached over XMPP alone, and there is no XMPP gateway`,
      "enable it (xmpp.enabled), or set protocol: SIP on them",
    ),
  ];
}
