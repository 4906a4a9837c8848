/** RFC 4475 §3.1.1: valid messages that few implementations expect. */
import {
  answer,
  lines,
  request,
  SDP,
  utf8,
  via,
  withBody,
  type Places,
  type TortureMessage,
} from "./message.ts";

const long = (word: string, times: number): string => word.repeat(times);
const BINARY = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");

function wsinv({ transport, sender, from, to, unique }: Places): string {
  return lines(
    `INVITE sip:vivekg@${to};unknownparam SIP/2.0`,
    "TO :",
    ` sip:vivekg@${to} ;   tag    = 1918181833n`,
    `from   : "J Rosenberg \\\\\\""       <sip:jdrosen@${from}>`,
    "  ;",
    "  tag = 98asjd8",
    "MaX-fOrWaRdS: 0068",
    `Call-ID: wsinv.${unique}`,
    "Content-Length   : 150",
    "cseq: 0009",
    "  INVITE",
    `Via  : SIP  /   2.0`,
    ` /${transport}`,
    `    ${sender};branch=z9hG4bK${unique}`,
    "s :",
    "NewFangledHeader:   newfangled value",
    " continued newfangled value",
    "UnknownHeaderWithUnusualValue: ;;,,;;,;",
    "Content-Type: application/sdp",
    "Route:",
    " <sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
    "v:  SIP  / 2.0  / TCP     spindle.example.com   ;",
    "  branch  =   z9hG4bK9ikj8  ,",
    " SIP  /    2.0   / UDP  192.168.255.111   ; branch=",
    " z9hG4bK30239",
    'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
    "      newvalue ;",
    "  secondparam ; q = 0.33",
    "",
    SDP.padEnd(150, "\n"),
  );
}

function intmeth(places: Places): string {
  const method = "!interesting-Method0123456789_*+`.%indeed'~";
  const user = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
  return lines(
    `${method} sip:${user}:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@${places.to} SIP/2.0`,
    via(places),
    `To: "BEL:\\\u0007 NUL:\\\u0000 DEL:\\\u007F" <sip:${user}@${places.to}>`,
    `From: token1~\` token2'+_ token3*%!.- <sip:mundane@${places.from}>;fromParam''~+*_!.-%="${utf8("работающий")}";tag=_token~1'+\`*%!-.`,
    `Call-ID: intmeth.word%ZK-!.*_+'@word\`~)(><:\\/"][?}{${places.unique}`,
    `CSeq: 139122385 ${method}`,
    "Max-Forwards: 255",
    `extensionHeader-!.%*+_\`'~:${utf8("大停電")}`,
    "Content-Length: 0",
    "",
    "",
  );
}

function esc02(places: Places): string {
  return lines(
    `RE%47IST%45R sip:registrar@${places.to} SIP/2.0`,
    `To: "%Z%45" <sip:resource@${places.to}>`,
    `From: "%Z%45" <sip:resource@${places.from}>;tag=f232jadfj23`,
    `Call-ID: esc02.${places.unique}`,
    via(places),
    "CSeq: 29344 RE%47IST%45R",
    "Max-Forwards: 70",
    "Contact: <sip:alias1@host1.example.com>",
    "C%6Fntact: <sip:alias2@host2.example.com>",
    "Contact: <sip:alias3@host3.example.com>",
    "l: 0",
    "",
    "",
  );
}

export const valid: readonly TortureMessage[] = [
  // Kamailio takes a CSeq that is folded for none
  request("3.1.1.1", "wsinv", "a short tortuous INVITE", "dropped", wsinv),
  request("3.1.1.1", "wsinv, CSeq in one line", "a short tortuous INVITE", "relayed", (places) =>
    wsinv(places).replace("0009\r\n  INVITE", "0009 INVITE"),
  ),

  // nor does it read header names with some of the characters that a token may have
  request("3.1.1.2", "intmeth", "unusual characters in method, user and headers", "dropped", intmeth),
  request(
    "3.1.1.2",
    "intmeth, plain header names",
    "unusual characters in method and user",
    "relayed",
    (places) => intmeth(places).replace(/extensionHeader[^:]*/, "extensionHeader-_."),
  ),

  request("3.1.1.3", "esc01", "escapes in user parts and parameters", "relayed", (places) =>
    lines(
      `INVITE sip:sips%3Auser%40example.com@${places.to} SIP/2.0`,
      `To: sip:%75se%72@${places.to}`,
      `From: <sip:I%20have%20spaces@${places.from}>;tag=938`,
      "Max-Forwards: 87",
      `i: esc01.${places.unique}`,
      "CSeq: 234234 INVITE",
      via(places),
      "C: application/sdp",
      "Contact:",
      "  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>",
      withBody(SDP),
    ),
  ),
  request("3.1.1.4", "escnull", "escaped zeros", { inside: "relayed", outside: 403 }, (places) =>
    lines(
      `REGISTER sip:${places.to} SIP/2.0`,
      `To: sip:null-%00-null@${places.to}`,
      `From: sip:null-%00-null@${places.from};tag=839923423`,
      "Max-Forwards: 70",
      `Call-ID: escnull.${places.unique}`,
      "CSeq: 14398234 REGISTER",
      via(places),
      "Contact: <sip:%00@host5.example.com>",
      "Contact: <sip:%00%00@host5.example.com>",
      "L:0",
      "",
      "",
    ),
  ),
  request("3.1.1.5", "esc02", "percent signs that are no escapes", "dropped", esc02),
  request("3.1.1.5", "esc02, plain header names", "percent signs that are no escapes", "relayed", (places) =>
    esc02(places).replace("C%6Fntact", "Contact"),
  ),

  request("3.1.1.6", "lwsdisp", "no space between a display name and <", "relayed", (places) =>
    lines(
      `OPTIONS sip:user@${places.to} SIP/2.0`,
      `To: sip:user@${places.to}`,
      `From: caller<sip:caller@${places.from}>;tag=323`,
      "Max-Forwards: 70",
      `Call-ID: lwsdisp.${places.unique}`,
      "CSeq: 60 OPTIONS",
      via(places),
      "l: 0",
      "",
      "",
    ),
  ),
  request("3.1.1.7", "longreq", "long values", "relayed", (places) =>
    lines(
      `INVITE sip:user@${places.to} SIP/2.0`,
      `To: "I have a user name of ${long("extreme", 30)} proportion"<sip:user@${places.to}:6000;` +
        `unknownparam1=very${long("long", 40)}value;longparam${long("name", 40)}=shortvalue;very${long("long", 60)}ParameterNameWithNoValue>`,
      `F: sip:${long("amazingly", 30)}callername@${places.from};tag=12${long("982", 110)}424;` +
        `unknownheaderparam${long("name", 40)}=unknowheaderparam${long("value", 40)};unknownValueless${long("paramname", 20)}`,
      `Call-ID: longreq.one${long("really", 60)}longcallid.${places.unique}`,
      "CSeq: 3882340 INVITE",
      `Unknown-${long("Long", 40)}-Name: unknown-${long("long", 80)}-value; unknown-${long("long", 40)}-parameter-name = unknown-${long("long", 40)}-parameter-value`,
      `${via(places)};unknown-${long("long", 40)}`,
      ...Array.from(
        { length: 33 },
        (_, n) => `Via: SIP/2.0/TCP sip${33 - n}.example.com;branch=z9hG4bK${n}.${places.unique}`,
      ),
      `Via: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very${long("long", 60)}branchvalue`,
      "Max-Forwards: 70",
      `Contact: <sip:${long("amazingly", 30)}callername@host5.example.net>`,
      "Content-Type: application/sdp",
      withBody(SDP),
    ),
  ),
  request("3.1.1.8", "dblreq", "another request behind the end of the datagram", "relayed", (places) =>
    lines(
      `OPTIONS sip:user@${places.to} SIP/2.0`,
      `To: sip:j.user@${places.to}`,
      `From: sip:j.user@${places.from};tag=43251j3j324`,
      "Max-Forwards: 8",
      `I: dblreq.${places.unique}`,
      "Contact: sip:j.user@host.example.com",
      "CSeq: 8 OPTIONS",
      via(places),
      "Content-Length: 0",
      "",
      "",
      `INVITE sip:joe@${places.to} SIP/2.0`,
      `t: sip:joe@${places.to}`,
      `From: sip:caller@${places.from};tag=141334`,
      "Max-Forwards: 8",
      `Call-ID: dblreq.second.${places.unique}`,
      "CSeq: 8 INVITE",
      `${via(places)}second`,
      "Content-Type: application/sdp",
      withBody(SDP),
    ),
  ),
  request("3.1.1.9", "semiuri", "a parameter of another time in the user part", "relayed", (places) =>
    lines(
      `OPTIONS sip:user;par=u%40example.net@${places.to} SIP/2.0`,
      `To: sip:j_user@${places.to}`,
      `From: sip:caller@${places.from};tag=33242`,
      "Max-Forwards: 3",
      `Call-ID: semiuri.${places.unique}`,
      "CSeq: 8 OPTIONS",
      "Accept: application/sdp, application/pkcs7-mime,",
      "        multipart/mixed, multipart/signed,",
      "        message/sip, message/sipfrag",
      via(places),
      "l: 0",
      "",
      "",
    ),
  ),
  request("3.1.1.10", "transports", "Vias of many transports, some unknown", "relayed", (places) =>
    lines(
      `OPTIONS sip:user@${places.to} SIP/2.0`,
      `To: sip:user@${places.to}`,
      `From: <sip:caller@${places.from}>;tag=323`,
      "Max-Forwards: 70",
      `Call-ID: transports.${places.unique}`,
      "CSeq: 60 OPTIONS",
      via(places),
      "Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw",
      "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf",
      "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj",
      "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en",
      "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee",
      "l: 0",
      "",
      "",
    ),
  ),
  request("3.1.1.11", "mpart01", "a body of several parts, with every byte there is", "relayed", (places) =>
    lines(
      `MESSAGE sip:kumiko@${places.to} SIP/2.0`,
      via(places),
      "Max-Forwards: 70",
      "Route: <sip:127.0.0.1:5080>",
      `To: sip:kumiko@${places.to}`,
      `From: sip:fluffy@${places.from};tag=2fb0dcc9`,
      `Call-ID: mpart01.${places.unique}`,
      "CSeq: 1 MESSAGE",
      "Contact: <sip:fluffy@127.0.0.1:5070>",
      "Identity-Info: <https://cert.example.org/cert.cer>",
      "Content-Transfer-Encoding: binary",
      'Content-Type: multipart/mixed;boundary="7a9cbec02ceef655"',
      withBody(
        lines(
          "--7a9cbec02ceef655",
          "Content-Type: text/plain",
          "",
          "Hello",
          "--7a9cbec02ceef655",
          "Content-Type: application/octet-stream",
          "Content-Transfer-Encoding: binary",
          "",
          BINARY,
          "--7a9cbec02ceef655--",
          "",
        ),
      ),
    ),
  ),
  answer(
    "3.1.1.12",
    "unreason",
    "a reason phrase in another script",
    `SIP/2.0 200 = 2**3 * 5**2 ${utf8("но сто девяносто девять - простое")}`,
  ),
  answer("3.1.1.13", "noreason", "an empty reason phrase", "SIP/2.0 200 "),
];
