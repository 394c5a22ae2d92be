import { readFileSync } from "node:fs";
import { assemble, explainSource, messagesText } from "../asm/index.ts";
import { Report } from "../diagnostics/index.ts";
import {
  describe,
  everyExtension,
  explain,
  explainMacro,
  explanationText,
  macroExplanationText,
  parseArchitecture,
  parseInstruction,
} from "../riscv/index.ts";
import { NodeFileSystem } from "./node-files.ts";

// `premain explain`: what RISC-V instructions are, bit by bit.

const USAGE = `Usage: premain explain [--march ARCH] [--pc ADDRESS] [--json] INSTRUCTION...

Explains each INSTRUCTION: its bits, its operands, what it does, what it is
another way to write, which relocations may sit on it, where the manual
describes it.

  0x00c58533           an instruction word, or half a word: 0x852e
  'add a0, a1, a2'     an instruction as it is written; where ARCH has compressed
                       instructions and one fits, it is that, as in an assembler
  a0 mstatus zbb lw    a register, a control and status register, an extension,
                       a mnemonic
  demo.s               a source, line by line: the words that each becomes, and
                       what they do

--march ARCH    the machine; default is RV64 with every extension known
--pc ADDRESS    the instruction's address, for jumps; default 0
--json          the explanations as data
`;

interface Request {
  /** Undefined: RV64 with everything. */
  readonly march: string | undefined;
  readonly pc: bigint;
  readonly json: boolean;
  readonly instructions: readonly string[];
}

function readArguments(args: readonly string[]): Request | "help" | undefined {
  let march: string | undefined;
  let pc = 0n;
  let json = false;
  const instructions: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [option, inline] = args[i].startsWith("--") ? args[i].split(/=(.*)/s) : [args[i], undefined];
    const value = (): string | undefined => inline ?? args[++i];
    if (option === "--help") return "help";
    if (option === "--json") json = true;
    else if (option === "--march") march = value() ?? "";
    else if (option === "--pc") {
      const text = value() ?? "";
      if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) return undefined;
      pc = BigInt(text);
    } else if (option.startsWith("--")) return undefined;
    else instructions.push(option);
  }
  return instructions.length > 0 ? { march, pc, json, instructions } : undefined;
}

/** The exit code: 0 when every instruction was explained. */
export function explainTool(args: readonly string[]): number {
  const request = readArguments(args);
  if (request === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (request === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  const { architecture, messages } =
    request.march === undefined
      ? { architecture: everyExtension(64), messages: [] }
      : parseArchitecture(request.march);
  if (messages.length > 0) {
    process.stderr.write(messages.map((message) => `premain explain: ${message}\n`).join(""));
    return 1;
  }
  let code = 0;
  let shown = 0;
  for (const text of request.instructions) {
    let problem = "";
    if (/\.s$/i.test(text)) {
      if (!explainFile(text, request)) code = 1;
      continue;
    }
    let word = /^(0x[0-9a-f]{1,8}|\d+)$/i.test(text) ? Number(text) : undefined;
    if (word !== undefined && word > 0xffffffff) problem = "a word has 32 bits";
    if (word === undefined) {
      const parsed = parseInstruction(text, request.pc, architecture);
      if (parsed.problem === undefined) word = parsed.word;
      else problem = parsed.problem;
    }
    const described = word === undefined && problem !== "" ? describe(text) : undefined;
    if (described !== undefined && !request.json) {
      process.stdout.write(`${shown++ === 0 ? "" : "\n"}${described}`);
      continue;
    }
    // li, la, call and the like are several instructions.
    const macro = problem === "" ? undefined : explainMacro(text, architecture);
    if (macro) {
      const shownText = request.json
        ? `${JSON.stringify(macro, undefined, 2)}\n`
        : macroExplanationText(macro);
      process.stdout.write(`${shown++ === 0 || request.json ? "" : "\n"}${shownText}`);
      continue;
    }
    const explanation =
      word === undefined || problem !== "" ? undefined : explain(word, request.pc, architecture);
    if (!explanation) {
      problem ||= `${request.march ?? "RV64"} has no such instruction`;
      process.stderr.write(`premain explain: ${text}: ${problem}\n`);
      code = 1;
    } else if (request.json) {
      process.stdout.write(`${JSON.stringify(explanation, hexOf, 2)}\n`);
    } else process.stdout.write(`${shown++ === 0 ? "" : "\n"}${explanationText(explanation)}`);
  }
  return code;
}

const textOf = new TextDecoder();

/** Explains a source line by line; false if it does not assemble. */
function explainFile(name: string, request: Request): boolean {
  const report = new Report();
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(name);
  } catch {
    process.stderr.write(`premain explain: ${name}: cannot be read\n`);
    return false;
  }
  const object = assemble(
    [{ name, bytes }],
    { march: request.march, listing: true },
    new NodeFileSystem(),
    report,
  );
  if (report.diagnostics.length > 0)
    process.stderr.write(messagesText(report.diagnostics, "premain explain"));
  if (!object) return false;
  const statements = explainSource(object);
  if (request.json) {
    process.stdout.write(`${JSON.stringify(statements, hexOf, 2)}\n`);
    return true;
  }
  // What is not in the listing, such as comments, is shown where it stands.
  const lines = textOf.decode(bytes).split("\n");
  let shown = 0;
  let out = "";
  const showTo = (line: number): void => {
    for (; shown < Math.min(line, lines.length); shown++) out += `${lines[shown]}\n`;
  };
  for (const { row, instructions } of statements) {
    if (row.depth === 0 && row.file === name) showTo(row.line);
    for (const { address, explanation, relocation } of instructions) {
      const word = explanation.word.toString(16).padStart(explanation.size * 2, "0");
      const place = `    ${address.toString(16).padStart(4, "0")}  ${word.padEnd(8)}`;
      const by = relocation ? `  [${relocation.name}]` : "";
      out += `${place}  ${explanation.filled.padEnd(40)}  ${explanation.shortly}${by}\n`;
    }
  }
  showTo(lines[lines.length - 1] === "" ? lines.length - 1 : lines.length);
  process.stdout.write(out);
  return true;
}

function hexOf(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `0x${value.toString(16)}` : value;
}
