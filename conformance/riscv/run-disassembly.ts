/**
 * Disassembles random and exhaustive instruction words and compares each line
 * with GNU objdump's:
 *
 *     node scripts/run.mjs conformance/riscv/run-disassembly.ts [--seed N] [--words N] [--keep]
 *
 * Words: every compressed halfword; random 32-bit words; random bytes; and for
 * each row of the instruction table words that fit it, or miss it by one bit. Machines:
 * RV32GC and RV64GC, and both with all extensions that binutils 2.40 knows too
 * (the later ones, Zicond, Zacas, Zfa, Zcb, Zcmp and Zcmt, have no peer here).
 * Each with aliases and without, by ABI names and by numbers.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import {
  architectureString,
  Disassembler,
  instructionLength,
  instructions,
  parseArchitecture,
} from "../../src/riscv/index.ts";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";

const OBJDUMP = "riscv64-unknown-elf-objdump";
const AS = "riscv64-unknown-elf-as";
const MORE =
  "zicbom_zicbop_zicboz_zihintpause_zawrs_zfh_zba_zbb_zbc_zbs_zbkb_zbkc_zbkx_zknd_zkne_zknh_zksed_zksh_svinval";
/** What objdump must not know, or knows and we do not (quad precision, vectors). */
const ARCHITECTURES = ["gc", `gch_${MORE}`, "imac", "ifc_zbkb", "imac_zdinx_zhinx"];

const argument = (name: string): number | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : Number(process.argv[at + 1]);
};
const seed = argument("--seed") ?? Date.now() % 1_000_000;
const count = argument("--words") ?? 40_000;
const keep = process.argv.includes("--keep");

/** Every halfword that is an instruction of 16 bits. */
function compressedWords(): Uint8Array {
  const bytes: number[] = [];
  for (let half = 0; half < 0x10000; half++) if ((half & 3) !== 3) bytes.push(half & 255, half >> 8);
  return Uint8Array.from(bytes);
}

function pack(words: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const word of words) {
    bytes.push(word & 255, (word >> 8) & 255);
    if ((word & 3) === 3) bytes.push((word >> 16) & 255, word >>> 24);
  }
  return Uint8Array.from(bytes);
}

/** Random 32-bit words of 32-bit instructions. */
function randomWords(): Uint8Array {
  const word = fc.integer({ min: 0, max: 0xffffffff }).map((value) => {
    const made = (value | 3) >>> 0;
    return (made & 0x1f) === 0x1f ? (made ^ 0x10) >>> 0 : made;
  });
  return pack(fc.sample(word, { seed, numRuns: count }));
}

/** For each row words that fit it, and words that miss it by one bit. */
function rowWords(): Uint8Array {
  const words: number[] = [];
  for (const row of instructions()) {
    const wide = row.size === 4;
    const free = ~row.mask >>> 0;
    const values = fc.sample(fc.integer({ min: 0, max: 0xffffffff }), {
      seed: seed + row.index,
      numRuns: 40,
    });
    for (const [i, value] of values.entries()) {
      // Registers and immediates of all zeros and ones are where aliases are.
      const chosen = i === 0 ? 0 : i === 1 ? 0xffffffff : i % 3 === 0 ? value & (value << 7) : value;
      let word = (row.match | (chosen & free)) >>> 0;
      if (i % 8 === 7) word = (word ^ (1 << (2 + ((value >>> 3) % (wide ? 30 : 14))))) >>> 0;
      if (!wide) word &= 0xffff;
      if (instructionLength(word & 0xffff) === row.size) words.push(word);
    }
  }
  return pack(words);
}

/** Random bytes: instructions of all lengths, up to the longest that objdump knows. */
function randomBytes(): Uint8Array {
  const halves = fc.sample(fc.integer({ min: 0, max: 0xffff }), { seed: seed + 1, numRuns: count });
  // Every fourth is made to begin a long one; zeros at the end complete the last.
  const words = halves.map((half, i) => (i % 4 === 0 ? half | 0x1f : half));
  const bytes = words.flatMap((half) => [half & 255, half >> 8]);
  return Uint8Array.from([...bytes, ...new Array(24).fill(0)]);
}

/** objdump's lines: address and text. */
function linesOf(text: string): { address: number; text: string }[] {
  const lines: { address: number; text: string }[] = [];
  for (const line of text.split("\n")) {
    const match = /^ *([0-9a-f]+):\t[0-9a-f ]+\t(.*)$/.exec(line);
    if (match) lines.push({ address: Number.parseInt(match[1], 16), text: match[2] });
  }
  return lines;
}

const hex = (low: number, high: number): string =>
  ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString(16);

/** Lines that differ. */
function compare(
  bytes: Uint8Array,
  xlen: 32 | 64,
  architecture: string,
  options: readonly string[],
  expected: readonly { address: number; text: string }[],
): string[] {
  const printer = new Disassembler(parseArchitecture(`rv${xlen}${architecture}`).architecture, {
    aliases: !options.includes("no-aliases"),
    numeric: options.includes("numeric"),
  });
  const problems: string[] = [];
  let at = 0;
  for (const line of expected) {
    if (line.address !== at) {
      problems.push(`${at.toString(16)}: objdump goes on at ${line.address.toString(16)}`);
      return problems;
    }
    printer.print(bytes, at, bytes.length, at, 0);
    let text = printer.mnemonic;
    if (printer.operands !== "") text += `\t${printer.operands}`;
    if (printer.hasComment) text += ` # ${hex(printer.commentLow, printer.commentHigh)}`;
    if (text !== line.text.replace(/ <[^>]*>/g, "") && problems.length < 10) {
      problems.push(`${at.toString(16)}: objdump ${JSON.stringify(line.text)}, ours ${JSON.stringify(text)}`);
    }
    at += printer.size;
  }
  if (at !== bytes.length)
    problems.push(`objdump ends at ${at.toString(16)} of ${bytes.length.toString(16)}`);
  return problems;
}

async function main(): Promise<number> {
  const tally = new Tally();
  if (!isInstalled(OBJDUMP) || !isInstalled(AS)) {
    tally.skip("disassembly", `${OBJDUMP} is not installed`);
    return tally.finish();
  }
  console.log(`seed ${seed}, ${count} random words`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-riscv-"));
  const inputs = {
    compressed: compressedWords(),
    random: randomWords(),
    rows: rowWords(),
    bytes: randomBytes(),
  };
  for (const [name, bytes] of Object.entries(inputs)) writeFileSync(path.join(folder, `${name}.bin`), bytes);
  for (const xlen of [32, 64] as const) {
    for (const architecture of ARCHITECTURES) {
      const march = `rv${xlen}${architecture}`;
      const { architecture: parsed } = parseArchitecture(march);
      for (const [name, bytes] of Object.entries(inputs)) {
        // The object's attributes tell objdump the extensions.
        const object = `${name}-${xlen}.o`;
        writeFileSync(
          path.join(folder, "input.s"),
          `.attribute arch, "${architectureString(parsed)}"\n.incbin "${name}.bin"\n`,
        );
        const made = await runShell(`${AS} -march=${march} input.s -o ${object}`, folder);
        for (const options of [[], ["no-aliases"], ["numeric"], ["no-aliases", "numeric"]]) {
          if (options.includes("numeric") && architecture !== ARCHITECTURES[1]) continue;
          const check = `${name} ${march} ${options.join(",")}`;
          if (made.status !== 0) {
            tally.fail(check, [made.stderr]);
            continue;
          }
          const flags = options.length > 0 ? `-M ${options.join(",")}` : "";
          const dump = await runShell(`${OBJDUMP} -D -j .text -z ${flags} ${object}`, folder);
          const problems = compare(bytes, xlen, architecture, options, linesOf(dump.stdout));
          if (problems.length > 0 || dump.status !== 0) tally.fail(check, [dump.stderr, ...problems]);
          else tally.pass();
        }
      }
    }
  }
  if (!keep) rmSync(folder, { recursive: true });
  else console.log(`kept ${folder}`);
  return tally.finish();
}

process.exitCode = await main();
