import {
  explain,
  explainMacro,
  explanationText,
  macroExplanationText,
  parseArchitecture,
  parseInstruction,
} from "../riscv/index.ts";

// `premain explain`: what RISC-V instructions are, bit by bit.

const USAGE = `Usage: premain explain [--march ARCH] [--pc ADDRESS] [--json] INSTRUCTION...

Explains each INSTRUCTION: its bits, its operands, what it does, what it is
another way to write, which relocations may sit on it, where the manual
describes it.

  0x00c58533           an instruction word, or half a word: 0x852e
  'add a0, a1, a2'     an instruction as it is written (a compressed one where
                       ARCH has them: write c.add, or leave out c with --march)

--march ARCH    the machine; default is rv64gc with all later extensions known
--pc ADDRESS    the instruction's address, for jumps; default 0
--json          the explanations as data
`;

/** All that the table has but Zcmp and Zcmt, whose words are c.fsdsp's on machines with D. */
const EVERYTHING =
  "rv64gch_zicbom_zicbop_zicboz_zicond_zihintntl_zihintpause_zacas_zawrs_zfa_zfh" +
  "_zba_zbb_zbc_zbkb_zbkc_zbkx_zbs_zcb_svinval";

interface Request {
  readonly march: string;
  readonly pc: bigint;
  readonly json: boolean;
  readonly instructions: readonly string[];
}

function readArguments(args: readonly string[]): Request | "help" | undefined {
  let march = EVERYTHING;
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
  const { architecture, messages } = parseArchitecture(request.march);
  if (messages.length > 0) {
    process.stderr.write(messages.map((message) => `premain explain: ${message}\n`).join(""));
    return 1;
  }
  let code = 0;
  let shown = 0;
  for (const text of request.instructions) {
    let word = /^0x[0-9a-f]{1,8}$/i.test(text) ? Number(text) : undefined;
    let problem = "";
    if (word === undefined) {
      const parsed = parseInstruction(text, request.pc, architecture);
      if (parsed.problem === undefined) word = parsed.word;
      else problem = parsed.problem;
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
    const explanation = word === undefined ? undefined : explain(word, request.pc, architecture);
    if (!explanation) {
      problem ||= `${request.march === EVERYTHING ? "RV64" : request.march} has no such instruction`;
      process.stderr.write(`premain explain: ${text}: ${problem}\n`);
      code = 1;
    } else if (request.json) {
      const hex = (_key: string, value: unknown) =>
        typeof value === "bigint" ? `0x${value.toString(16)}` : value;
      process.stdout.write(`${JSON.stringify(explanation, hex, 2)}\n`);
    } else process.stdout.write(`${shown++ === 0 ? "" : "\n"}${explanationText(explanation)}`);
  }
  return code;
}
