/** RFC 4475 §3.2 to §3.4: sound to read, and hard for transactions, applications, or those who never met RFC 2543. */
import { END, lines, ordinary, request, SDP, SESSION, via, type TortureMessage } from "./message.ts";

const INVITE = { cseq: "8 INVITE" };
const REGISTER = { cseq: "8 REGISTER" };
const REGISTRATION = { inside: "relayed", outside: 403 } as const;

export const layers: readonly TortureMessage[] = [
  request("3.2.1", "badbranch", "a branch that is nothing but its cookie", "relayed", (places) =>
    lines(
      ...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0`).map((line) =>
        line.startsWith("Via") ? line.replace(places.unique, "") : line,
      ),
      ...END,
    ),
  ),
  request("3.3.1", "insuf", "without Call-ID, From and To", "dropped", (places) =>
    lines(`INVITE sip:user@${places.to} SIP/2.0`, "CSeq: 193942 INVITE", via(places), SESSION),
  ),
  request("3.3.2", "unkscm", "a Request-URI of an unknown scheme", 416, (places) =>
    lines(...ordinary(places, "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0"), ...END),
  ),
  request("3.3.3", "novelsc", "a Request-URI of a scheme that is not for SIP", 416, (places) =>
    lines(...ordinary(places, "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0"), ...END),
  ),
  request("3.3.4", "unksm2", "unknown schemes in other headers", REGISTRATION, (places) =>
    lines(
      ...ordinary(places, `REGISTER sip:${places.to} SIP/2.0`, {
        ...REGISTER,
        to: "isbn:2983792873",
        from: "<http://www.example.com>;tag=3234233",
      }),
      "Contact: <name:John_Smith>",
      ...END,
    ),
  ),
  request("3.3.5", "bext01", "extensions that nobody supports", 420, (places) =>
    lines(
      ...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0`),
      "Require: nothingSupportsThis, nothingSupportsThisEither",
      "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis",
      ...END,
    ),
  ),
  request("3.3.6", "invut", "an unknown type of body", "relayed", (places) =>
    lines(
      ...ordinary(places, `INVITE sip:user@${places.to} SIP/2.0`, INVITE),
      "Content-Type: application/unknownformat",
      "Content-Length: 40",
      "",
      '<audio>\r\n <pcmu port="443"/>\r\n</audio>\r\n'.padEnd(40, "\n"),
    ),
  ),
  request("3.3.7", "regaut01", "an unknown scheme of authorization", REGISTRATION, (places) =>
    lines(
      ...ordinary(places, `REGISTER sip:${places.to} SIP/2.0`, REGISTER),
      "Authorization: NoOneKnowsThisScheme opaque-data=here",
      ...END,
    ),
  ),
  request("3.3.8", "multi01", "several values where there is one", "dropped", (places) =>
    lines(
      ...ordinary(places, `INVITE sip:user@${places.to} SIP/2.0`, INVITE),
      "CSeq: 59 INVITE",
      `Call-ID: multi01.${places.unique}`,
      `From: <sip:other@${places.from}>;tag=3413415`,
      `To: <sip:other@${places.to}>`,
      "Max-Forwards: 5",
      SESSION,
    ),
  ),
  request("3.3.9", "mcl01", "two different values of Content-Length", "dropped", (places) =>
    lines(
      ...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0`),
      "Content-Length: 13",
      "Content-Length: 5",
      "",
      "There's no way to know how many octets are supposed to be here.",
    ),
  ),
  request("3.3.10", "bcast", "a response whose Via is everybody", "dropped", (places) =>
    lines(
      "SIP/2.0 200 OK",
      "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923",
      "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23",
      ...ordinary(places, "").slice(2),
      SESSION,
    ),
  ),
  request("3.3.11", "zeromf", "no Max-Forwards left", 483, (places) =>
    lines(
      ...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0`).map((line) =>
        line.startsWith("Max-Forwards") ? "Max-Forwards: 0" : line,
      ),
      ...END,
    ),
  ),
  request("3.3.12", "cparam01", "an unknown parameter of a Contact", REGISTRATION, (places) =>
    lines(
      ...ordinary(places, `REGISTER sip:${places.to} SIP/2.0`, REGISTER),
      "Contact: sip:+19725552222@gw1.example.net;unknownparam",
      ...END,
    ),
  ),
  request("3.3.13", "cparam02", "an unknown parameter of a URI", REGISTRATION, (places) =>
    lines(
      ...ordinary(places, `REGISTER sip:${places.to} SIP/2.0`, REGISTER),
      "Contact: <sip:+19725552222@gw1.example.net;unknownparam>",
      ...END,
    ),
  ),
  request("3.3.14", "regescrt", "a Route escaped into a Contact", REGISTRATION, (places) =>
    lines(
      ...ordinary(places, `REGISTER sip:${places.to} SIP/2.0`, REGISTER),
      "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>",
      ...END,
    ),
  ),
  request("3.3.15", "sdp01", "a session without a type that is accepted", "relayed", (places) =>
    lines(
      ...ordinary(places, `INVITE sip:user@${places.to} SIP/2.0`, INVITE),
      "Accept: text/nobodyKnowsThis",
      SESSION,
    ),
  ),
  request("3.4.1", "inv2543", "an INVITE of RFC 2543", "relayed", (places) =>
    lines(
      `INVITE sip:UserB@${places.to} SIP/2.0`,
      `Via: SIP/2.0/${places.transport} ${places.sender}`,
      `From: <sip:UserA@${places.from}>`,
      `To: sip:UserB@${places.to}`,
      `Call-ID: inv2543.${places.unique}`,
      "CSeq: 1 INVITE",
      `Contact: <sip:UserA@${places.from}>`,
      "Content-Type: application/sdp",
      `Content-Length: ${SDP.length}`,
      "",
      SDP,
    ),
  ),
];
