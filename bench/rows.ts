/** How measurements become rows of the report, with the aims. */
import type { ApplyLatency } from "./apply-to-routed.ts";
import type { ConsoleMeasurement, ConsoleTimes } from "./console.ts";
import type { DiscoveryRate, FirstRequests } from "./discovery.ts";
import { FAILURES, type Failure, type FailoverTime } from "./failover-time.ts";
import type { FuzzResult } from "./fuzz.ts";
import type { RelayMeasurement } from "./relay-cost.ts";
import type { Row } from "./report.ts";
import { median, percentile } from "./statistics.ts";
import type { TlsMeasurement } from "./tls-cost.ts";
import { ratio } from "./turns.ts";
import type { XmppMeasurement } from "./xmpp.ts";

export function relay({ bare, stock, few, many, weighted }: RelayMeasurement): Row[] {
  const routers = [
    { size: "10", by: "10 domains", cost: few },
    { size: "100k", by: "100,000 domains", cost: many },
    { size: "weights", by: "weights, a dead next hop, probes", cost: weighted },
  ];
  return [
    { key: "bare_cpu_us", what: "CPU of a message, bare relay", value: bare.cpuUs, unit: "µs" },
    { key: "bare_messages_per_second", what: "throughput, bare relay", value: bare.throughput, unit: "/s" },
    { key: "stock_cpu_us", what: "CPU of a message, stock bare relay", value: stock.cpuUs, unit: "µs" },
    ...routers.flatMap(({ size, by, cost }): Row[] => [
      { key: `cpu_us_${size}`, what: `CPU of a message, ${by}`, value: cost.cpuUs, unit: "µs" },
      { key: `messages_per_second_${size}`, what: `throughput, ${by}`, value: cost.throughput, unit: "/s" },
      {
        key: `cpu_ratio_${size}`,
        what: `CPU: bare relay / router, ${by}`,
        value: ratio(bare, cost),
        unit: "",
        aim: { atLeast: 0.85 },
      },
      {
        key: `stock_cpu_ratio_${size}`,
        what: `CPU: stock bare relay / router, ${by}`,
        value: ratio(stock, cost),
        unit: "",
        aim: { atLeast: 0.85 },
      },
    ]),
  ];
}

export function tls(costs: TlsMeasurement): Row[] {
  const out = { bare: costs.bareOutbound, stock: costs.stockOutbound };
  const into = { bare: costs.bareInbound, stock: costs.stockInbound };
  const pairs = [
    { key: "tls", what: "to a known domain over TLS", ...out, router: costs.outbound },
    { key: "tls_from_inside", what: "from the inside over TLS", ...into, router: costs.fromInside },
    { key: "tls_inbound", what: "from a known domain over TLS", ...into, router: costs.inbound },
  ];
  return pairs.flatMap(({ key, what, bare, stock, router }): Row[] => [
    {
      key: `${key}_bare_cpu_us`,
      what: `CPU of a message, bare relay, ${what}`,
      value: bare.cpuUs,
      unit: "µs",
    },
    { key: `${key}_cpu_us`, what: `CPU of a message, ${what}`, value: router.cpuUs, unit: "µs" },
    {
      key: `${key}_cost_ratio`,
      what: `CPU: router / bare relay, ${what}`,
      value: ratio(router, bare),
      unit: "",
      aim: { atMost: 1.15 },
    },
    {
      key: `${key}_stock_cost_ratio`,
      what: `CPU: router / stock bare relay, ${what}`,
      value: ratio(router, stock),
      unit: "",
      aim: { atMost: 1.15 },
    },
  ]);
}

export function failover(times: Readonly<Record<Failure, FailoverTime>>): Row[] {
  const names: Readonly<Record<Failure, readonly [string, string]>> = {
    "503": ["503", "503"],
    refusedTcp: ["refused_tcp", "connection refused, TCP"],
    refusedTls: ["refused_tls", "connection refused, TLS"],
    silentUdp: ["silent_udp", "silence, UDP"],
    silentTcp: ["silent_tcp", "silence, TCP"],
    silentTls: ["silent_tls", "silence, TLS"],
  };
  return FAILURES.flatMap((failure): Row[] => {
    const [key, what] = names[failure];
    const { addedMs, timeoutMs } = times[failure];
    return [
      { key: `failover_${key}_ms`, what: `failover after ${what}: more`, value: addedMs, unit: "ms" },
      {
        key: `failover_${key}_ratio`,
        what: `failover after ${what}: more / ${timeoutMs / 1000} s`,
        value: addedMs / timeoutMs,
        unit: "",
        aim: { atMost: 1 },
      },
    ];
  });
}

export function applyToRouted({ watchMs, overWatchMs }: ApplyLatency): Row[] {
  return [
    { key: "watch_p50_ms", what: "apply to watch event, p50", value: median(watchMs), unit: "ms" },
    { key: "watch_p99_ms", what: "apply to watch event, p99", value: percentile(watchMs, 99), unit: "ms" },
    {
      key: "apply_to_routed_p50_ms",
      what: "apply to routed, over the watch, p50",
      value: median(overWatchMs),
      unit: "ms",
    },
    {
      key: "apply_to_routed_p99_ms",
      what: "apply to routed, over the watch, p99",
      value: percentile(overWatchMs, 99),
      unit: "ms",
      aim: { atMost: 50 },
    },
  ];
}

export function programming(programMs: number, listMs: number): Row[] {
  return [
    { key: "list_100k_ms", what: "bare list of 100,000 domains", value: listMs, unit: "ms" },
    { key: "program_100k_ms", what: "operator start to programmed router", value: programMs, unit: "ms" },
    {
      key: "program_100k_ratio",
      what: "programmed / bare list",
      value: programMs / listMs,
      unit: "",
      aim: { atMost: 2.5 },
    },
  ];
}

export function firstRequests({ knownMs, unknownMs }: FirstRequests): Row[] {
  const known = median(knownMs);
  return [
    { key: "known_p50_ms", what: "request to a known domain, p50", value: known, unit: "ms" },
    {
      key: "unknown_added_p50_ms",
      what: "first request to an unknown domain: more, p50",
      value: median(unknownMs) - known,
      unit: "ms",
      aim: { atMost: 5 },
    },
  ];
}

export function discoveryRate({ bareCreates, bareCreatesWithStatus, discoveries }: DiscoveryRate): Row[] {
  return [
    { key: "creates_per_second", what: "bare creates", value: bareCreates, unit: "/s" },
    {
      key: "creates_with_status_per_second",
      what: "bare creates, status written",
      value: bareCreatesWithStatus,
      unit: "/s",
    },
    { key: "discoveries_per_second", what: "discoveries, status written", value: discoveries, unit: "/s" },
    {
      // like against like: the API server takes several times as long for a status as for a create
      key: "discovery_ratio",
      what: "discoveries / bare creates, status written by both",
      value: discoveries / bareCreatesWithStatus,
      unit: "",
      aim: { atLeast: 0.3 },
    },
    {
      key: "discovery_to_plain_creates_ratio",
      what: "discoveries with status / bare creates without",
      value: discoveries / bareCreates,
      unit: "",
    },
  ];
}

export function memory(emptyMb: number, fullMb: number): Row[] {
  return [
    { key: "operator_mb_0", what: "operator memory, no domains", value: emptyMb, unit: "MB" },
    {
      key: "operator_mb_100k",
      what: "operator memory, 100,000 domains: more",
      value: fullMb - emptyMb,
      unit: "MB",
      aim: { atMost: 150 },
    },
  ];
}

export function xmpp({ askedMs, unaskedMs, questionMs, rounds }: XmppMeasurement): Row[] {
  const [asked, unasked] = [median(askedMs), median(unaskedMs)];
  return [
    {
      key: "unknown_p50_ms",
      what: "first request to an unknown domain, XMPP off, p50",
      value: unasked,
      unit: "ms",
    },
    { key: "xmpp_no_p50_ms", what: "the same, asked over XMPP: no, p50", value: asked, unit: "ms" },
    {
      key: "xmpp_no_added_ms",
      what: "XMPP question with a fast no: more, p50",
      value: asked - unasked,
      unit: "ms",
    },
    {
      key: "xmpp_question_ms",
      what: "the question alone, to Prosody and DNS, mean",
      value: questionMs,
      unit: "ms",
    },
    {
      key: "xmpp_no_ratio",
      what: "first request: asked over XMPP / not",
      value: asked / unasked,
      unit: "",
    },
    {
      key: "xmpp_no_to_question_ratio",
      what: "XMPP question with a fast no: more / the question alone",
      value: (asked - unasked) / questionMs,
      unit: "",
      aim: { atMost: 1.5 },
    },
    {
      key: "xmpp_echo_per_second",
      what: "messages, component to component of another Prosody and back",
      value: median(rounds.map(({ bare }) => bare)),
      unit: "/s",
    },
    {
      key: "xmpp_messages_per_second",
      what: "messages, SIP to that component and back to SIP",
      value: median(rounds.map(({ gateway }) => gateway)),
      unit: "/s",
    },
    {
      key: "xmpp_messages_ratio",
      what: "messages: SIP to XMPP to SIP / component echo",
      value: median(rounds.map(({ bare, gateway }) => gateway / bare)),
      unit: "",
      // a message has a ping behind it, and SIP on both sides
      aim: { atLeast: 0.1 },
    },
  ];
}

/** @param results one for each Kamailio */
export function fuzz(results: readonly FuzzResult[]): Row[] {
  const sum = (of: (result: FuzzResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const worst = (of: (result: FuzzResult) => number): number => Math.max(...results.map(of)) / 1024;
  return [
    { key: "fuzz_messages", what: "mutants thrown at the router", value: sum((it) => it.messages), unit: "" },
    { key: "fuzz_crashes", what: "crashes by them", value: 0, unit: "", aim: { atMost: 0 } },
    { key: "fuzz_normal", what: "normal requests meanwhile", value: sum((it) => it.normal), unit: "" },
    {
      key: "fuzz_normal_lost",
      what: "normal requests lost",
      value: sum((it) => it.lost),
      unit: "",
      aim: { atMost: 0 },
    },
    {
      key: "fuzz_shared_memory_kb",
      what: "shared memory that they left taken",
      value: worst((it) => it.sharedGrowth),
      unit: "kB",
      aim: { atMost: 256 },
    },
    {
      key: "fuzz_private_memory_kb",
      what: "private memory of all processes that they left taken",
      value: worst((it) => it.privateGrowth),
      unit: "kB",
      // pages that a longest message touched first; it hardly grows beyond the first 100,000
      aim: { atMost: 3072 },
    },
  ];
}

export function webConsole({ few, many }: ConsoleMeasurement): Row[] {
  const measures: readonly [time: keyof ConsoleTimes, key: string, what: string, atMost: number][] = [
    ["filterMs", "console_filter_ms", "a filtered page of domains from the server", 50],
    ["searchMs", "console_search_ms", "from a key to the rows that it leaves", 400],
    ["frameMs", "console_frame_ms", "between two frames while scrolling, 95th percentile", 50],
    ["openMs", "console_open_ms", "opening the page of the domains", 1500],
  ];
  return measures.flatMap(([time, key, what, atMost]): Row[] => [
    { key: `${key}_10`, what: `${what}, 10 domains`, value: few[time], unit: "ms" },
    { key: `${key}_100k`, what: `${what}, 100,000 domains`, value: many[time], unit: "ms", aim: { atMost } },
  ]);
}
