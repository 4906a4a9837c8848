export interface StaticRouteSpec {
  destinationPattern: string;
  description?: string;
  nextHop?: string;
  nextHopPort?: number;
  protocolType: "TCP" | "UDP" | "TLS";
  routeType: "Domain" | "User";
  priority: number;
  weight: number;
  allowLessSpecificRoute: boolean;
  service: "Enabled" | "Disabled";
  blockRoute?: boolean;
  tls?: { serverName?: string };
  trustIdentity: boolean;
}
