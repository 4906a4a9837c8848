/** The two commands of the README, as a person runs them, and the SIP user agents of the sandbox. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { repositoryRoot } from "../../tools/setup/paths.ts";
import { claimAddressBlock } from "../support/addresses.ts";
import { ManagedProcess, type ProcessExit } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { waitFor } from "../support/wait-for.ts";

const START_TIMEOUT = 120_000;

interface Command {
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function start(t: TestContext, { script, args = [], env = {} }: Command): ManagedProcess {
  const command = new ManagedProcess({
    name: script,
    command: process.execPath,
    args: [join(repositoryRoot, "tools", script), ...args],
    env,
    logFile: join(temporaryDirectory("command"), "log"),
  });
  t.after(() => command.stop());
  return command;
}

async function startSandbox(t: TestContext, directory: string): Promise<ManagedProcess> {
  const sandbox = start(t, { script: "sandbox.ts", args: [directory] });
  await logged(sandbox, /is ready/);
  return sandbox;
}

/** Waits for what it prints, and returns it. */
async function logged(command: ManagedProcess, expected: RegExp): Promise<RegExpExecArray> {
  return waitFor(
    `${command.name} to print ${String(expected)}`,
    () => {
      const found = expected.exec(command.log());
      if (found === null) assert.ok(command.running, command.log());
      return found;
    },
    { timeout: START_TIMEOUT },
  );
}

/** Sends a signal again and again until it has ended: npm passes on what the terminal has sent to all already. */
async function interrupt(command: ManagedProcess, signal: NodeJS.Signals): Promise<ProcessExit> {
  return waitFor(`${command.name} to end`, () => {
    command.signal(signal);
    return !command.running && command.exited;
  });
}

/** Process ids and command lines of what runs on this machine and names this directory, or address. */
function processesOf(name: string): { pid: number; line: string }[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && entry !== String(process.pid))
    .map((pid) => ({ pid: Number(pid), line: commandLine(pid) }))
    .filter(({ line }) => line.includes(name));
}

async function allGone(name: string): Promise<void> {
  await waitFor(`all processes of ${name} to be gone`, () => processesOf(name).length === 0);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return ""; // it has just ended
  }
}

test("the demo tells its story to the end", async (t) => {
  const demo = start(t, { script: "demo.ts" });
  const exit = await waitFor("the demo to end", () => !demo.running && demo.exited, { timeout: 170_000 });
  assert.equal(exit.code, 0, demo.log());
  assert.match(demo.log(), /^partner\.example\.org +SIP +Allow +Limited +DefaultRoute +True/m);
  assert.match(demo.log(), /^chat\.example\.net +XMPP +Allow +Limited +XMPP +True/m);
});

/** The printed command gives a certificate by the sandbox's authority for the names that are asked for. */
function assertCertifies(tlsDirectory: string): void {
  const script = join(repositoryRoot, "tools/sandbox/certificate");
  const env = { ...process.env, TLS_DIR: tlsDirectory };
  const printed = execFileSync(script, ["sip:partner.example.org", "192.0.2.7"], { env, encoding: "utf8" });
  const [file = "", keyFile = ""] = printed.trim().split(" ");
  const certificate = new X509Certificate(readFileSync(file));
  const authority = new X509Certificate(readFileSync(join(tlsDirectory, "ca.crt")));
  assert.ok(certificate.verify(authority.publicKey));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(readFileSync(keyFile))));
  assert.equal(certificate.subjectAltName, "URI:sip:partner.example.org, IP Address:192.0.2.7");
}

for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
  test(`a demo that is interrupted by ${signal} ends with all that it started, and says so`, async (t) => {
    const directory = temporaryDirectory("interrupted");
    const demo = start(t, { script: "demo.ts", env: { TMPDIR: directory } });
    const [, address = ""] = await logged(demo, /sip answer (\S+) &/);
    await waitFor("the peer to run", () => processesOf(` ${address} `).length > 0);
    const exit = await interrupt(demo, signal);
    assert.equal(exit.code, code, demo.log());
    assert.match(demo.log(), new RegExp(`The demo is interrupted \\(${signal}\\)`));
    await allGone(directory);
    await allGone(` ${address} `);
    assert.deepEqual(readdirSync(directory), []);
  });

  test(`the sandbox starts empty, says where everything is, and ends with all its parts on ${signal}`, async (t) => {
    const directory = temporaryDirectory("sandbox");
    const sandbox = await startSandbox(t, directory);
    const lines = readFileSync(join(directory, "env"), "utf8").trim().split("\n");
    assert.deepEqual(
      lines.map((line) => line.split("=")[0]),
      [
        ...["KUBECONFIG", "KUBECTL", "NAMESPACE", "LOCAL_DOMAIN", "SIP_UDP", "SIP_TCP"],
        ...["SIP_TLS", "TLS_DIR", "ADMIN_URL", "CONSOLE_URL", "CONSOLE_ACCOUNT", "INSIDE_IP", "OUTSIDE_IP"],
        ...["NEXT_HOP_IP", "PARTNER_IP", "PLATFORM_IP"],
        ...["XMPP_DOMAIN", "XMPP_USER", "XMPP_PASSWORD", "XMPP_HOST", "XMPP_PORT"],
      ],
    );
    assert.notEqual(processesOf(directory).length, 0);
    assertCertifies(join(directory, "tls"));
    const exit = await interrupt(sandbox, signal);
    assert.equal(exit.code, 0, sandbox.log());
    assert.match(sandbox.log(), /^Stopping$/m);
    await allGone(directory);
    for (const file of ["env", "pid"]) assert.ok(!existsSync(join(directory, file)), file);
  });
}

test("a sandbox that starts removes the settings of one that was killed, and one that is asked to end leaves none", async (t) => {
  const directory = temporaryDirectory("sandbox");
  writeFileSync(join(directory, "env"), "KUBECONFIG=old\n");
  writeFileSync(join(directory, "pid"), `${process.pid}\n`); // of a process that is no sandbox
  const sandbox = start(t, { script: "sandbox.ts", args: [directory] });
  await logged(sandbox, /Starting the Kubernetes API/);
  assert.ok(!existsSync(join(directory, "env")));
  await interrupt(sandbox, "SIGINT");
  await allGone(directory);
  for (const file of ["env", "pid"]) assert.ok(!existsSync(join(directory, file)), file);
});

test("the sandbox starts its API again when that dies, and is the only one in its directory", async (t) => {
  const directory = temporaryDirectory("sandbox");
  const sandbox = await startSandbox(t, directory);
  for (const part of ["kube-apiserver", "etcd"]) {
    const [found] = processesOf(directory).filter(({ line }) => line.split(" ")[0]?.endsWith(`/${part}`));
    assert.ok(found, `${part} runs`);
    process.kill(found.pid, "SIGKILL");
    await logged(sandbox, new RegExp(`^The ${part} has ended: starting it again$`, "m"));
  }
  const [, kubectl = ""] = /^KUBECTL=(.*)$/m.exec(readFileSync(join(directory, "env"), "utf8")) ?? [];
  await waitFor(
    "the API to answer again",
    async () => {
      const args = ["--kubeconfig", join(directory, "kubeconfig"), "get", "staticroute", "default"];
      const [code] = (await once(spawn(kubectl, args, { stdio: "ignore" }), "exit")) as [number | null];
      return code === 0;
    },
    { timeout: START_TIMEOUT },
  );
  const second = start(t, { script: "sandbox.ts", args: [directory] });
  assert.equal((await waitFor("it to be refused", () => !second.running && second.exited)).code, 1);
  assert.match(second.log(), /A sandbox is running already/);
  assert.ok(existsSync(join(directory, "env")));
  assert.ok(sandbox.running);
});

for (const signal of ["SIGTERM", "SIGINT", "SIGKILL"] as const) {
  test(`sip answer ends with all that it started on ${signal}, and leaves no file`, async (t) => {
    const block = await claimAddressBlock();
    t.after(block.release);
    const [address, directory] = [block.next(), temporaryDirectory("sip")];
    const answer = spawn(join(repositoryRoot, "tools/sandbox/sip"), ["answer", address], {
      env: { ...process.env, TMPDIR: directory },
      stdio: ["ignore", "pipe", "inherit"],
    });
    t.after(() => answer.kill("SIGKILL"));
    answer.stdout.resume();
    await waitFor("SIPp to run", () =>
      processesOf(` ${address} `).some(({ line }) => line.startsWith("sipp ")),
    );
    answer.kill(signal);
    await once(answer, "close"); // also everything has ended that could write to its output
    await allGone(` ${address} `);
    assert.deepEqual(readdirSync(directory), []);
  });
}
