import { expect, test } from "vitest";
import { assemble } from "../../../src/asm/index.ts";
import { Report, renderDiagnostic } from "../../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../../src/files/index.ts";
import { type LinkResult, link, parseArguments, writeMap } from "../../../src/link/index.ts";

// What GNU ld 2.41 to 2.45 know and 2.40, with which the cases are compared, does not.

const SOURCE = `
	.globl _start
_start:	ret
	.section .text.a,"ax"
a:	nop; nop
	.section .text.b,"ax"
b:	nop; nop; nop
	.section .rodata,"a"
	.long 1
	.data
local:	.long 2
	.section .comment
	.string "it"
`;

function objectOf(source: string): Uint8Array {
  const report = new Report();
  const files = new MemoryFileSystem();
  const input = { name: "a.s", bytes: new TextEncoder().encode(source) };
  const object = assemble([input], { march: "rv64g", debug: false, currentDirectory: "/" }, files, report);
  if (!object) throw new Error("no object");
  return object.bytes;
}

interface Run {
  readonly result: LinkResult;
  readonly files: MemoryFileSystem;
  readonly messages: string;
}

function run(words: string, more: Record<string, string | Uint8Array> = {}, source = SOURCE): Run {
  const files = new MemoryFileSystem({ "a.o": objectOf(source), ...more });
  const report = new Report();
  const { options } = parseArguments(words.split(" "), "ld", "gnu", files, report);
  const asked = { ...options, comment: "Us" };
  const result = link(report.hasErrors ? { ...asked, inputs: [] } : asked, { files }, report);
  const style = { program: "ld", dialect: "gnu", color: false } as const;
  const messages = report.diagnostics.map((each) => renderDiagnostic(each, style)).join("");
  return { result, files, messages };
}

const contents = ({ files }: MemoryFileSystem) => files.get("a.out") ?? new Uint8Array(0);

const map = (result: LinkResult): string => {
  let text = "";
  writeMap(result, (part) => {
    text += part;
  });
  return text;
};

test("--section-ordering-file puts what it names first", () => {
  const order = "# hot\n.text : { *(.text.b) ; *(.text.a) }\n";
  const { result, messages } = run("a.o --section-ordering-file order -Map=map", { order });
  expect(messages).toBe("");
  const text = map(result);
  const places = [".text.b ", ".text.a ", ".text  "].map((name) => text.indexOf(`\n ${name}`));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(Math.min(...places)).toBeGreaterThan(0);
});

test("--section-ordering-file wants output sections that exist, and nothing but sections", () => {
  const order = ".nosuch : { *(.text.a) }\nx = 1;\n";
  const { messages } = run("a.o --section-ordering-file order", { order });
  expect(messages).toContain(
    "ld:order:2: only input sections in output sections belong into a section ordering file\n",
  );
  expect(run("a.o --section-ordering-file=order", { order: order.slice(0, 25) }).messages).toContain(
    "ld:order:1: error: output section '.nosuch' must already exist\n",
  );
});

test("--remap-inputs counts for what follows, and for what scripts name", () => {
  const { result } = run("a.o --remap-inputs=a.o=nowhere --remap-inputs=gone*=/dev/null gone.o");
  expect(result.succeeded).toBe(true);
  const script = "INPUT(x.o y.o)";
  const remaps = "x.o = a.o # first\n\ny.?   NUL\n";
  const other = run("-m elf64lriscv s.ld --remap-inputs-file=remaps", { "s.ld": script, remaps });
  expect(other.result.succeeded).toBe(true);
  expect(map(other.result)).toContain(
    "\nInput File Remapping\n\n  Pattern: x.o\tMaps To: a.o\n  Pattern: y.?\tMaps To: <discard>\n",
  );
  expect(run("--remap-inputs=a.o a.o").messages).toBe("ld: invalid argument to option --remap-inputs\n");
});

test("--error-rwx-segments and --error-execstack make errors of warnings", () => {
  expect(run("-N a.o --error-rwx-segments").messages).toContain(
    "ld: error: a.out has a LOAD segment with RWX permissions\n",
  );
  expect(run("-N a.o --error-rwx-segments --no-error-rwx-segments").messages).toContain(
    "ld: warning: a.out has",
  );
  const executable = `${SOURCE}\n\t.section .note.GNU-stack,"x",@progbits\n`;
  expect(run("a.o --error-execstack", {}, executable).messages).toBe(
    "ld: error: a.o: is triggering the generation of an executable stack (because it has an executable .note.GNU-stack section)\n",
  );
  expect(run("a.o --error-execstack -z noexecstack", {}, executable).messages).toBe("");
  expect(run("a.o -z execstack --warn-execstack --error-execstack").messages).toBe(
    "ld: error: creating an executable stack because of -z execstack command line option\n",
  );
  expect(run("a.o -z execstack --warn-execstack-objects --error-execstack").messages).toBe("");
});

test("--enable-linker-version gives LINKER_VERSION an effect, in the built-in script and in others", () => {
  const script = "SECTIONS { .text : { *(.text*) } .v : { LINKER_VERSION } .comment : { *(.comment) } }";
  const size = (words: string, name: string) =>
    run(words, { "s.ld": script }).result.layout?.sections.find((section) => section.name === name)?.size;
  expect(size("a.o", ".comment")).toBe(3);
  expect(size("a.o --enable-linker-version", ".comment")).toBe(3 + "GNU ld (Us)\0".length);
  expect(size("-T s.ld a.o", ".v")).toBeUndefined();
  expect(size("-T s.ld a.o --enable-linker-version", ".v")).toBe(12);
});

test("--rosegment with -z separate-code has the constants before the code", () => {
  const segments = (words: string) =>
    run(words)
      .result.layout?.segments.filter(({ type }) => type === 1)
      .map(({ flags }) => flags);
  expect(segments("a.o -z separate-code")).toEqual([4, 5, 4, 6]);
  expect(segments("a.o -z separate-code --rosegment")).toEqual([4, 5, 6]);
  expect(segments("a.o -z separate-code --rosegment --no-rosegment")).toEqual([4, 5, 4, 6]);
});

test("-z nosectionheader leaves what only a section table could find out of the file", () => {
  const { files, result } = run("a.o -z nosectionheader");
  const bytes = contents(files);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  expect([view.getBigUint64(40, true), view.getUint16(58, true), view.getUint16(60, true)]).toEqual([
    0n,
    0,
    0,
  ]);
  expect(bytes.length).toBe(
    result.layout?.segments.reduce((end, s) => Math.max(end, s.offset + s.fileSize), 0),
  );
});

test("--print-map-locals lists local symbols behind the global ones", () => {
  expect(map(run("a.o -Map=m --print-map-locals").result)).toMatch(/0x[0-9a-f]{16} {16}\(local\) local\n/);
  expect(map(run("a.o -Map=m").result)).not.toContain("(local)");
});

test("--package-metadata takes JSON with percent signs for what shells and drivers would change", () => {
  const note = (value: string) => {
    const { files } = run(`a.o --package-metadata=${value}`);
    return new TextDecoder("latin1").decode(contents(files));
  };
  expect(note("%7B%22a%22:1%[comma]%22b%22:2}")).toContain('{"a":1,"b":2}');
  expect(note('{"p":"%41"}')).toContain('{"p":"%41"}');
});
