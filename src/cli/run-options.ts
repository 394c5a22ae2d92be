import { quantity, type Tier } from "../machine/index.ts";

/** The command line of `premain run`. */

export const RUN_HELP = `Usage: premain run [OPTIONS] PROGRAM [ARGUMENTS...]

Runs a RISC-V program: a static Linux executable, or an image for a bare board.
Its exit code is ours; 128+N if signal N ended it.

Machine:
  --machine linux|bare|auto   which; auto looks at the program (default); a file as
                              for --board is that board
  --memory SIZE               address space of a linux program (1G)
  --stack SIZE                its stack (8M)
  --board FILE                a bare board: memory regions, devices (JSON, or a .cjs
                              module whose devices are code)
  --flat ADDRESS              the program is bytes without headers, for ADDRESS
  --xlen 32|64                what it is made for, with --flat (64)
  --tier TIER                 how instructions are run: precise, interpreter, translator,
                              or mixed (default); results are the same

What it may see:
  --dir HOST[=GUEST][:ro]     a folder; several may be given. Nothing else exists
  --cwd GUEST                 where relative paths start
  --env NAME[=VALUE]          an environment variable; nothing else is passed on
  --clock real|virtual        the host's time, or a nanosecond an instruction
  --seed N                    of random numbers and AT_RANDOM (1)

What to tell (on stderr, or where --output says):
  --load-map                  what the loader puts where
  --count                     instructions executed
  --limit N                   stop after N instructions, with exit code 124
  --trace WHAT[,WHAT...]      instructions, calls, memory, syscalls
  --only PLACE[,PLACE...]     trace only functions, or 0xSTART-0xEND
  --profile [flat|tree|folded]  where instructions go
  --coverage FILE             executed source lines, in lcov's format
  --timeline [text|json]      what happens before main and after it
  --map FILE                  the linker's map: objects and priorities of constructors
  --output FILE               for all of these but coverage

Debugging:
  --gdb [HOST:]PORT           wait for GDB and do what it says
`;

export interface RunOptions {
  machine: "linux" | "bare" | "auto";
  memory: number | undefined;
  stack: number | undefined;
  board: string | undefined;
  flat: number | undefined;
  xlen: 32 | 64;
  tier: Tier | undefined;
  directories: { readonly host: string; readonly guest: string | undefined; readonly writable: boolean }[];
  folder: string | undefined;
  environment: string[];
  clock: "real" | "virtual" | undefined;
  seed: number;
  loadMap: boolean;
  count: boolean;
  limit: number;
  trace: Set<string>;
  only: string[];
  profile: "flat" | "tree" | "folded" | undefined;
  coverage: string | undefined;
  timeline: "text" | "json" | undefined;
  map: string | undefined;
  output: string | undefined;
  gdb: { readonly host: string; readonly port: number } | undefined;
  program: string;
  arguments: readonly string[];
}

const TRACES: Readonly<Record<string, string>> = {
  instructions: "instructions",
  insn: "instructions",
  calls: "calls",
  memory: "memory",
  mem: "memory",
  syscalls: "syscalls",
  sys: "syscalls",
};

/** The options, or what is wrong with them; "help" if that was asked for. */
export function parseRunOptions(
  args: readonly string[],
  variable: (name: string) => string | undefined,
): RunOptions | string | "help" {
  const options: RunOptions = {
    machine: "auto",
    memory: undefined,
    stack: undefined,
    board: undefined,
    flat: undefined,
    xlen: 64,
    tier: undefined,
    directories: [],
    folder: undefined,
    environment: [],
    clock: undefined,
    seed: 1,
    loadMap: false,
    count: false,
    limit: Number.MAX_SAFE_INTEGER,
    trace: new Set(),
    only: [],
    profile: undefined,
    coverage: undefined,
    timeline: undefined,
    map: undefined,
    output: undefined,
    gdb: undefined,
    program: "",
    arguments: [],
  };
  let problem: string | undefined;
  const oneOf = <T extends string>(name: string, value: string, words: readonly T[]): T | undefined => {
    const word = words.find((candidate) => candidate === value);
    if (!word) problem ??= `${name} is ${words.join(" or ")}, not ${value}`;
    return word;
  };
  const number = (name: string, value: string): number => {
    const found = quantity(value);
    if (found === undefined)
      problem ??= `${name} wants a number such as 4096, 64K or 0x80000000, not ${value}`;
    return found ?? 0;
  };
  /** What follows these is theirs only if it is one of the words. */
  const optional = <T extends string>(value: string | undefined, words: readonly T[], otherwise: T): T =>
    value === undefined ? otherwise : (oneOf("it", value, words) ?? otherwise);

  let i = 0;
  for (; i < args.length && args[i].startsWith("-") && args[i] !== "-"; i++) {
    if (args[i] === "--") {
      i++;
      break;
    }
    const [name, attached] = splitOption(args[i]);
    const value = (): string => {
      const text = attached ?? args[++i];
      if (text === undefined) problem ??= `${name} needs a value`;
      return text ?? "";
    };
    const word = (words: readonly string[]): string | undefined => {
      if (attached !== undefined) return attached;
      return words.includes(args[i + 1]) ? args[++i] : undefined;
    };
    switch (name) {
      case "--help":
      case "-h":
        return "help";
      case "--machine": {
        const text = value();
        if (/\.(json|c?js)$/.test(text)) options.board = text;
        else options.machine = oneOf(name, text, ["linux", "bare", "auto"] as const) ?? "auto";
        break;
      }
      case "--memory":
        options.memory = number(name, value());
        break;
      case "--stack":
        options.stack = number(name, value());
        break;
      case "--board":
        options.board = value();
        break;
      case "--flat":
        options.flat = number(name, value());
        break;
      case "--xlen":
        options.xlen = oneOf(name, value(), ["32", "64"] as const) === "32" ? 32 : 64;
        break;
      case "--tier":
        options.tier = oneOf(name, value(), TIERS);
        break;
      case "--dir": {
        const text = value();
        const plain = text.replace(/:ro$/, "");
        const [host, guest] = plain.split("=", 2);
        options.directories.push({ host, guest, writable: plain === text });
        break;
      }
      case "--cwd":
        options.folder = value();
        break;
      case "--env": {
        const text = value();
        if (text.includes("=")) options.environment.push(text);
        else if (variable(text) !== undefined) options.environment.push(`${text}=${variable(text)}`);
        break;
      }
      case "--clock":
        options.clock = oneOf(name, value(), ["real", "virtual"] as const);
        break;
      case "--seed":
        options.seed = number(name, value());
        break;
      case "--load-map":
        options.loadMap = true;
        break;
      case "--count":
        options.count = true;
        break;
      case "--limit":
        options.limit = number(name, value());
        break;
      case "--trace":
        for (const text of value().split(","))
          if (Object.hasOwn(TRACES, text)) options.trace.add(TRACES[text]);
          else problem ??= `--trace knows instructions, calls, memory and syscalls, not ${text}`;
        break;
      case "--only":
        options.only.push(...value().split(","));
        break;
      case "--profile":
        options.profile = optional(word(PROFILES), PROFILES, "flat");
        break;
      case "--coverage":
        options.coverage = value();
        break;
      case "--timeline":
        options.timeline = optional(word(FORMATS), FORMATS, "text");
        break;
      case "--map":
        options.map = value();
        break;
      case "--output":
      case "-o":
        options.output = value();
        break;
      case "--gdb": {
        const match = /^(?:(.*):)?(\d+)$/.exec(value());
        if (match) options.gdb = { host: match[1] || "localhost", port: Number(match[2]) };
        else problem ??= "--gdb wants [HOST:]PORT";
        break;
      }
      default:
        problem ??= `unknown option ${name}`;
    }
  }
  if (problem !== undefined) return problem;
  if (i >= args.length) return "no program is given";
  options.program = args[i];
  options.arguments = args.slice(i + 1);
  return options;
}

const TIERS = ["precise", "interpreter", "translator", "mixed"] as const;
const PROFILES = ["flat", "tree", "folded"] as const;
const FORMATS = ["text", "json"] as const;

function splitOption(text: string): [string, string | undefined] {
  const equals = text.startsWith("--") ? text.indexOf("=") : -1;
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}
