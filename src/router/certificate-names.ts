import { X509Certificate } from "node:crypto";
import { provenNames } from "../federation/certificate.ts";

/**
 * The names that a certificate proves, by `provenNames`. That an authority signed it, the router has checked.
 * @param pem one certificate
 * @returns nothing also for what is no certificate
 */
export function certificateNames(pem: string): readonly string[] {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return [];
  }
  const { subject, subjectAltName, keyUsage } = certificate;
  return provenNames({ subject, subjectAltName, keyUsage });
}
