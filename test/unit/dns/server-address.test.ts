import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseServer, serverText } from "../../../src/dns/server-address.ts";

test("servers are read as node:dns writes them", () => {
  deepEqual(parseServer("10.0.0.10"), { host: "10.0.0.10", port: 53 });
  deepEqual(parseServer("10.0.0.10:5353"), { host: "10.0.0.10", port: 5353 });
  deepEqual(parseServer("2001:db8::1"), { host: "2001:db8::1", port: 53 });
  deepEqual(parseServer("[2001:db8::1]"), { host: "2001:db8::1", port: 53 });
  deepEqual(parseServer("[2001:db8::1]:5353"), { host: "2001:db8::1", port: 5353 });
  for (const wrong of ["", "dns", "10.0.0.10:0", "10.0.0.10:65536", "[10.0.0.10]:53", "10.0.0:53"]) {
    throws(() => parseServer(wrong), {
      message: `${JSON.stringify(wrong)} is not the address of a DNS server`,
    });
  }
  deepEqual(
    ["10.0.0.10", "10.0.0.10:5353", "[::1]:5353"].map((text) => serverText(parseServer(text))),
    ["10.0.0.10", "10.0.0.10:5353", "[::1]:5353"],
  );
});
