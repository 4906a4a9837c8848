/** What real certificates prove (RFC 5922 §7.1), made by openssl. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { certificateNames } from "../../../src/router/certificate-names.ts";
import { Authority, type CertificateOptions } from "../../support/authority.ts";

const authority = new Authority();

const CASES: Readonly<Record<string, readonly [CertificateOptions, readonly string[]]>> = {
  "every SIP URI without a user": [
    { names: ["URI:sip:a.test", "URI:SIP:B.Test", "URI:sip:bob@c.test", "URI:sips:d.test"] },
    ["a.test", "b.test"],
  ],
  "the host of a SIP URI with port and parameters": [
    { names: ["URI:sip:a.test:5061;transport=tls"] },
    ["a.test"],
  ],
  "every DNS name, where there is no SIP URI without a user": [
    { names: ["DNS:A.test", "DNS:b.test.", "URI:sip:bob@c.test", "URI:https://d.test"] },
    ["a.test", "b.test"],
  ],
  "no DNS name beside a SIP URI": [{ names: ["DNS:a.test", "URI:sip:b.test"] }, ["b.test"]],
  "addresses too": [
    { names: ["IP:192.0.2.1", "IP:2001:DB8::1", "DNS:a.test"] },
    ["a.test", "192.0.2.1", "2001:db8::1"],
  ],
  "no wildcard": [{ names: ["DNS:*.test", "URI:sip:*.test", "DNS:a.test"] }, ["a.test"]],
  "the common name alone": [{ commonName: "A.test" }, ["a.test"]],
  "no common name beside any other name": [{ commonName: "a.test", names: ["email:bob@b.test"] }, []],
  "no common name that is none": [{ commonName: "A. Test, Inc." }, []],
  "what hides in a value": [{ names: ["URI:http://x.test/, DNS:evil.test", "DNS:a.test"] }, ["a.test"]],
  "use by servers, clients and SIP domains": [
    { names: ["DNS:a.test"], extendedKeyUsage: "1.3.6.1.5.5.7.3.20" },
    ["a.test"],
  ],
  "any use": [{ names: ["DNS:a.test"], extendedKeyUsage: "anyExtendedKeyUsage" }, ["a.test"]],
  "no other use": [{ names: ["DNS:a.test"], extendedKeyUsage: "emailProtection,codeSigning" }, []],
};

for (const [what, [options, expected]] of Object.entries(CASES)) {
  test(`RFC 5922 §7.1: a certificate proves ${what}`, () => {
    assert.deepEqual(certificateNames(authority.issue(options).cert), expected);
  });
}

test("what is no certificate proves nothing", () => {
  for (const pem of ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    assert.deepEqual(certificateNames(pem), []);
});
