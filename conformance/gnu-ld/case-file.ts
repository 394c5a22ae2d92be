/**
 * A case is one file: what it shows, how to link, and its inputs.
 *
 *     # A region without attributes takes what no `>` names.
 *     target: x86-64 riscv32
 *     cmd: %ld -T regions.ld a.o b.o -o out
 *     --- a.s
 *     .text
 *     .globl _start
 *     _start: .long 1
 *     --- regions.ld
 *     MEMORY { … }
 *
 * Before the first `---` come `#` comments and `key: value` lines:
 *
 *     target:  x86-64 (without this line), i386, riscv64, riscv32 (GNU ld for bare metal) and
 *              riscv64-linux: the case runs once for each
 *     cmd:     a shell line; %ld is the linker with its -m option. May be repeated.
 *     compare: the files to compare, instead of each `-o` of the commands
 *     fails    GNU ld must reject the last command; otherwise it must accept all
 *     stderr:  first (without this line): the first line printed is GNU ld's;
 *              all: all GNU ld's lines are among ours, in order; ignore
 *     stdout:  same (without this line), ignore
 *     accept:  REASON CATEGORY SUBJECT: a difference to accept, as in differences.json
 *     peer:    none: GNU ld 2.40 cannot do it, so `--- expected` says what is right
 *
 * `--- NAME` begins an input. NAME.s is assembled and NAME.c compiled to NAME.o;
 * `--- NAME.a: X.o Y.o` makes an archive of objects (`--- NAME.a: thin X.o`: a
 * thin one); anything else is written as it stands. `--- expected` is the output
 * as `dump` (expected.ts) prints it.
 */

export const TARGETS = ["x86-64", "i386", "riscv64", "riscv32", "riscv64-linux"] as const;
export type TargetName = (typeof TARGETS)[number];

export interface CaseFile {
  readonly targets: readonly TargetName[];
  readonly commands: readonly string[];
  readonly compare: readonly string[];
  readonly fails: boolean;
  readonly stderr: "first" | "all" | "ignore";
  readonly stdout: "same" | "ignore";
  readonly accept: readonly { reason: string; category: string; subject: string }[];
  readonly peer: "gnu" | "none";
  /** Inputs by name, in the order of the file. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly archives: ReadonlyMap<string, readonly string[]>;
  readonly expected: string | undefined;
}

export function parseCase(text: string): CaseFile {
  const blocks = text.split(/^--- *(.+)\n/m);
  const commands: string[] = [];
  const accept: { reason: string; category: string; subject: string }[] = [];
  const values = new Map<string, string>();
  for (const line of blocks[0].split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, key, value] = /^(\w+)(?::\s*(.*?))?\s*$/.exec(line) ?? [];
    if (key === "cmd" && value) commands.push(value);
    else if (key === "accept" && value) {
      const [reason, category, ...subject] = value.split(/\s+/);
      accept.push({ reason, category, subject: subject.join(" ") });
    } else if (["target", "compare", "fails", "stderr", "stdout", "peer"].includes(key))
      values.set(key, value ?? "");
    else throw new Error(`not a line of a case: ${line}`);
  }
  if (!commands.length) throw new Error("a case needs a cmd: line");

  const choice = <T extends string>(key: string, all: readonly T[]): T => {
    const value = values.get(key) ?? all[0];
    const found = all.find((one) => one === value);
    if (!found) throw new Error(`${key}: ${value} is not one of ${all.join(", ")}`);
    return found;
  };
  const targets = (values.get("target") ?? "x86-64").split(/\s+/).map((name) => {
    const found = TARGETS.find((target) => target === name);
    if (!found) throw new Error(`no target ${name}: ${TARGETS.join(" ")}`);
    return found;
  });

  const inputs = new Map<string, string>();
  const archives = new Map<string, readonly string[]>();
  let expected: string | undefined;
  for (let i = 1; i < blocks.length; i += 2) {
    const [, name, members] = /^(\S+?)(?::\s*(.*))?$/.exec(blocks[i].trim()) ?? [];
    if (!name) throw new Error(`not the name of an input: ${blocks[i]}`);
    if (members !== undefined) archives.set(name, members.split(/\s+/));
    else if (name === "expected") expected = blocks[i + 1];
    else inputs.set(name, blocks[i + 1]);
  }

  const outputs = commands.flatMap((command) => [...command.matchAll(/(?<=\s)-o\s*(\S+)/g)].map((m) => m[1]));
  return {
    targets,
    commands,
    compare: values.get("compare")?.split(/\s+/) ?? [...new Set(outputs)],
    fails: values.has("fails"),
    stderr: choice("stderr", ["first", "all", "ignore"]),
    stdout: choice("stdout", ["same", "ignore"]),
    accept,
    peer: choice("peer", ["gnu", "none"]),
    inputs,
    archives,
    expected,
  };
}
