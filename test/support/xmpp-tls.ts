/** What an XMPP server shows of itself to another server. */
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { XMPP_PORTS } from "./prosody.ts";

/** The certificate that it shows for a domain after STARTTLS (RFC 6120 §5). */
export async function peerCertificate(host: string, domain: string): Promise<X509Certificate> {
  const socket = connectTcp(XMPP_PORTS.s2s, host);
  try {
    await once(socket, "connect");
    socket.write(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' to='${domain}' from='nobody.example' version='1.0'>`,
    );
    await until(socket, "</stream:features>");
    socket.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    await until(socket, "<proceed");
    const tls = connectTls({ socket, servername: domain, rejectUnauthorized: false });
    await once(tls, "secureConnect");
    const certificate = tls.getPeerX509Certificate();
    tls.destroy();
    if (certificate === undefined) throw new Error(`${domain} showed no certificate`);
    return certificate;
  } finally {
    socket.destroy();
  }
}

async function until(socket: Socket, text: string): Promise<void> {
  let received = "";
  while (!received.includes(text)) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    received += chunk.toString();
  }
}
