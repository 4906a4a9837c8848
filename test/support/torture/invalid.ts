/**
 * RFC 4475 §3.1.2: invalid messages. What Kamailio cannot read at all it cannot answer: where the RFC suggests a 400, or a
 * 505 to an unknown version, it drops the message.
 */
import { END, lines, ordinary, request, SDP, SESSION, via, type TortureMessage } from "./message.ts";

const INVITE = { cseq: "8 INVITE" };

export const invalid: readonly TortureMessage[] = [
  request("3.1.2.1", "badinv01", "empty parameters in Via and Contact", "dropped", (places) =>
    lines(
      ...ordinary(places, `INVITE sip:user@${places.to} SIP/2.0`, INVITE).filter(
        (line) => !line.startsWith("Via"),
      ),
      `Via: SIP/2.0/${places.transport} ${places.sender};;,;,,`,
      'Contact: "Joe" <sip:joe@example.org>;;;;',
      SESSION,
    ),
  ),
  request(
    "3.1.2.2",
    "clerr",
    "a Content-Length beyond the end",
    { inside: 400, outside: 400, tcp: "dropped" },
    (places) =>
      lines(
        ...ordinary(places, `INVITE sip:user@${places.to} SIP/2.0`, INVITE),
        "Content-Type: application/sdp",
        "Content-Length: 9999",
        "",
        SDP,
      ),
  ),
  request("3.1.2.3", "ncl", "a negative Content-Length", "dropped", (places) =>
    lines(
      ...ordinary(places, `INVITE sip:user@${places.to} SIP/2.0`, INVITE),
      "Content-Type: application/sdp",
      "Content-Length: -999",
      "",
      SDP,
    ),
  ),
  request("3.1.2.4", "scalar02", "numbers that are too large", 400, (places) =>
    lines(
      ...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0`, { cseq: "36893488147419103232 OPTIONS" }),
      "Expires: 10000000000000000000000000000",
      "Contact: <sip:user@host129.example.com>",
      "  ;expires=280297596632815",
      ...END,
    ),
  ),
  request("3.1.2.5", "scalarlg", "a response with numbers that are too large", "dropped", (places) =>
    lines(
      "SIP/2.0 503 Service Unavailable",
      via(places),
      `To: <sip:user@${places.to}>;tag=8`,
      `From: <sip:caller@${places.from}>;tag=323`,
      `Call-ID: ${places.unique}`,
      "CSeq: 9223372036854775808 OPTIONS",
      "Retry-After: 949302838503028349304023988",
      'Warning: 1812 overture "In Progress"',
      ...END,
    ),
  ),
  request("3.1.2.6", "quotbal", "a quoted string that does not end", "dropped", (places) =>
    lines(
      ...ordinary(places, `INVITE sip:user@${places.to} SIP/2.0`, {
        ...INVITE,
        to: `"Mr. J. User <sip:j.user@${places.to}>`,
      }),
      SESSION,
    ),
  ),
  request("3.1.2.7", "ltgtruri", "angle brackets around the Request-URI", 400, (places) =>
    lines(...ordinary(places, `INVITE <sip:user@${places.to}> SIP/2.0`, INVITE), SESSION),
  ),
  request("3.1.2.8", "lwsruri", "a space in the Request-URI", "dropped", (places) =>
    lines(...ordinary(places, `INVITE sip:user@${places.to}; lr SIP/2.0`, INVITE), SESSION),
  ),
  request("3.1.2.9", "lwsstart", "more spaces than one in the Request-Line", "dropped", (places) =>
    lines(...ordinary(places, `INVITE  sip:user@${places.to}  SIP/2.0`, INVITE), SESSION),
  ),
  request("3.1.2.10", "trws", "a space at the end of the Request-Line", "relayed", (places) =>
    lines(...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0  `), ...END),
  ),
  request("3.1.2.11", "escruri", "headers in the Request-URI", "relayed", (places) =>
    lines(
      ...ordinary(places, `INVITE sip:user@${places.to}?Route=%3Csip:example.com%3E SIP/2.0`, INVITE),
      SESSION,
    ),
  ),
  request("3.1.2.12", "baddate", "a Date in another time zone than GMT", "relayed", (places) =>
    lines(
      ...ordinary(places, `INVITE sip:user@${places.to} SIP/2.0`, INVITE),
      "Date: Fri, 01 Jan 2010 16:00:00 EST",
      SESSION,
    ),
  ),
  request(
    "3.1.2.13",
    "regbadct",
    "a Contact that needs angle brackets and has none",
    { inside: "relayed", outside: 403 },
    (places) =>
      lines(
        ...ordinary(places, `REGISTER sip:${places.to} SIP/2.0`, { cseq: "8 REGISTER" }),
        "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E",
        ...END,
      ),
  ),
  request("3.1.2.14", "badaspec", "spaces within angle brackets", "relayed", (places) =>
    lines(
      ...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0`, {
        to: `"Watson, Thomas" < sip:t.watson@${places.to} >`,
      }),
      ...END,
    ),
  ),
  request("3.1.2.15", "baddn", "a display name that needs quotes and has none", "relayed", (places) =>
    lines(
      ...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0`, {
        from: `Bell, Alexander <sip:a.g.bell@${places.from}>;tag=43`,
      }),
      ...END,
    ),
  ),
  request("3.1.2.16", "badvers", "an unknown version", "dropped", (places) =>
    lines(...ordinary(places, `OPTIONS sip:user@${places.to} SIP/7.0`), ...END),
  ),
  request("3.1.2.17", "mismatch01", "another method in CSeq", 400, (places) =>
    lines(...ordinary(places, `OPTIONS sip:user@${places.to} SIP/2.0`, INVITE), ...END),
  ),
  request("3.1.2.18", "mismatch02", "another method in CSeq than an unknown one", 400, (places) =>
    lines(...ordinary(places, `NEWMETHOD sip:user@${places.to} SIP/2.0`, INVITE), SESSION),
  ),
  request("3.1.2.19", "bigcode", "a status that is too large", "dropped", (places) =>
    lines(
      "SIP/2.0 4294967301 better not break the receiver",
      via(places),
      `To: <sip:user@${places.to}>;tag=8`,
      `From: <sip:caller@${places.from}>;tag=323`,
      `Call-ID: ${places.unique}`,
      "CSeq: 353494 INVITE",
      ...END,
    ),
  ),
];
