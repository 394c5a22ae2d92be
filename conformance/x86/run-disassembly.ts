/**
 * Disassembles random x86 code and compares each line with GNU objdump's, for
 * 64, 32 and 16 bits, in both syntaxes:
 *
 *     node scripts/run.mjs conformance/x86/run-disassembly.ts [--seed N] [--scale N] [--keep FOLDER]
 *
 * Code: noise with many prefixes and escapes, and for each opcode of each map
 * of VEX, EVEX and XOP instructions with random fields.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { inCi, isInstalled } from "../gnu-ld/process.ts";
import { ourTools } from "../tools/ours.ts";

let seed = Date.now() % 1_000_000;
let scale = 1;
let keep: string | undefined;
for (let i = 2; i < process.argv.length; i++) {
  if (process.argv[i] === "--seed") seed = Number(process.argv[++i]);
  else if (process.argv[i] === "--scale") scale = Number(process.argv[++i]);
  else if (process.argv[i] === "--keep") keep = path.resolve(process.argv[++i]);
}
console.log(`seed ${seed}`);

/** A generator whose numbers depend on the seed alone. */
let state = (seed * 2654435761) >>> 0 || 1;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  state >>>= 0;
  return state % below;
}
const pick = <T>(list: readonly T[]): T => list[random(list.length)];
const byte = () => random(256);

function noise(length: number): number[] {
  const prefixes = [0x66, 0xf2, 0xf3, 0x2e, 0x3e, 0x64, 0x67, 0xf0, 0x9b];
  const bytes: number[] = [];
  while (bytes.length < length) {
    const kind = random(100);
    if (kind < 15) bytes.push(pick(prefixes));
    else if (kind < 25) bytes.push(0x40 + random(16));
    else if (kind < 45) bytes.push(0x0f);
    else if (kind < 50) bytes.push(0x0f, pick([0x38, 0x3a]));
    bytes.push(byte(), byte());
    for (let i = random(6); i > 0; i--) bytes.push(pick([0, 0, 0x90, 0xff, byte()]));
  }
  return bytes;
}

/** ModRM, what it asks for, perhaps an immediate, and a little to fall into step again. */
function rest(bytes: number[]): void {
  const modrm =
    random(10) < 6 ? byte() : pick([0xc0 | random(64), 4 | (random(8) << 3), 0x45, 0x80 | random(64)]);
  bytes.push(modrm);
  if (modrm < 0xc0) {
    if ((modrm & 7) === 4) bytes.push(byte());
    if (modrm >> 6 === 1) bytes.push(byte());
    if (modrm >> 6 === 2 || (modrm & 0xc7) === 5) bytes.push(byte(), byte(), byte(), byte());
  }
  if (random(2) === 0) bytes.push(pick([0, 1, 2, 3, 4, 5, 0x10, 0x11, 0x17, 0x20, byte()]));
  bytes.push(0x90, 0x90);
}

function vectors(kind: "vex" | "evex" | "xop"): number[] {
  const bytes: number[] = [];
  const maps = { vex: [1, 2, 3], evex: [1, 2, 3, 5, 6], xop: [8, 9, 10] }[kind];
  for (let opcode = 0; opcode < 256; opcode++)
    for (const map of maps)
      for (let pp = 0; pp < 4; pp++)
        for (let i = 0; i < 3 * scale; i++) {
          const second =
            pick([0, 0x80]) | pick([0x78, random(16) << 3]) | (kind === "xop" ? pick([0, 0, 1]) : pp);
          if (kind === "evex")
            bytes.push(
              0x62,
              (pick([15, 15, random(16)]) << 4) | map,
              second | 4,
              pick([0, 0, 0x80]) |
                pick([0, 0x20, 0x40, 0x40, 0x60]) |
                pick([0, 0, 0x10]) |
                pick([8, 8, 8, 0]) |
                pick([0, 0, random(8)]),
            );
          else
            bytes.push(
              kind === "vex" ? 0xc4 : 0x8f,
              (pick([7, 7, 7, random(8)]) << 5) | map,
              second | pick([0, 4]),
            );
          bytes.push(opcode);
          rest(bytes);
        }
  return bytes;
}

let passed = 0;
let failed = 0;
if (!isInstalled("objdump")) {
  console.log("SKIP: objdump is not installed");
  if (inCi) failed++;
} else {
  const folder = keep ?? mkdtempSync(path.join(os.tmpdir(), "premain-x86-"));
  mkdirSync(folder, { recursive: true });
  const codes = {
    noise: noise(150_000 * scale),
    vex: vectors("vex"),
    evex: vectors("evex"),
    xop: vectors("xop"),
  };
  for (const [name, bytes] of Object.entries(codes)) {
    const file = path.join(folder, name);
    writeFileSync(file, Uint8Array.from(bytes));
    for (const machine of ["i386:x86-64", "i386", "i8086"])
      for (const syntax of ["att", "intel"])
        await compareText(name, ["-D", "-b", "binary", "-m", machine, "-M", syntax, file]);
  }
  if (!keep) rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function compareText(name: string, args: string[]): Promise<void> {
  const gnu = spawnSync("objdump", args, { maxBuffer: 1 << 30 })
    .stdout.toString("latin1")
    .split("\n");
  const { out } = await ourTools.objdump(args, new Uint8Array(0));
  const ours = Buffer.from(out).toString("latin1").split("\n");
  const at = gnu.findIndex((line, i) => line !== ours[i]);
  if (at < 0 && gnu.length === ours.length) {
    passed++;
    return;
  }
  failed++;
  console.log(`FAIL ${name} ${args.slice(4, 7).join(" ")}: ${gnu[at]} against ${ours[at]}`);
}
