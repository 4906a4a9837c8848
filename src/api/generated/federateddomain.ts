export interface FederatedDomainSpec {
  description?: string;
  policy: "Allow" | "Block";
  protocol: "SIP" | "XMPP";
  trust: "Full" | "Limited";
  sources?: string[];
}
