/**
 * A playground for linker scripts as tutorials set it up: a library, a program
 * and a four-line script, and the everyday commands on them, once with GNU's
 * tools and once with ours first in PATH. What they print, their exit codes
 * and the files they write must be equal:
 *
 *     node scripts/run.mjs conformance/tools/run-playground.ts
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { isInstalled, runShell, Tally } from "../gnu-ld/process.ts";

const bin = path.resolve("bin");

const sources: Readonly<Record<string, string>> = {
  "extern.c": `int lib_call(const char *text) {
  static int calls;
  (void)text;
  return calls++;
}
`,
  "run.c": `extern int lib_call(const char *text);

void run(void) {
  static int value = 7;
  value = lib_call("a constant string");
}
`,
  "link.ld": `SECTIONS {
  .text : { *(.text); *(.text.*) }
  .bss : { *(.bss); *(.bss.*) }
  .data : { *(.data); *(.data.*) }
  .rodata : { *(.rodata); *(.rodata.*) }
}
`,
};

/** In this order, in one folder. DRIVER: the compiler. A PIE has no place for its headers in the script's image. */
const commands = [
  "DRIVER -c extern.c",
  "ar rc libextern.a extern.o",
  "ar t libextern.a",
  "nm libextern.a",
  "nm -s libextern.a",
  "DRIVER -c run.c",
  "nm run.o",
  "objdump -d -r -Mintel run.o",
  "DRIVER run.o",
  "DRIVER run.o -L. -lextern -nostartfiles -Wl,--gc-sections",
  "DRIVER run.o -L. -lextern -nostartfiles",
  "objdump -d -Mintel a.out",
  "readelf -a a.out",
  "DRIVER run.o -L. -lextern -nostartfiles -nostdlib -Wl,-T,link.ld",
  "objdump -d -Mintel a.out",
  "objdump -h -x a.out",
  "nm a.out",
  "size a.out",
  "readelf -a a.out",
  "strings a.out",
  "objcopy -O binary a.out a.bin",
  "ranlib libextern.a",
  "strip a.out",
  "objdump -h a.out",
];

/** What is GNU's own in a message: the path of the linker. Our notes stand on lines of their own. */
function comparable(text: string): string {
  return text
    .replace(/^\S*\/ld: /gm, "ld: ")
    .split("\n")
    .filter((line) => !/^ld: (note|built-in script .*note): | +\d* \| /.test(line))
    .join("\n");
}

async function runAll(folder: string, driver: string, ours: boolean): Promise<string[]> {
  mkdirSync(folder);
  for (const [name, text] of Object.entries(sources)) writeFileSync(path.join(folder, name), text);
  const results: string[] = [];
  for (const command of commands) {
    const line = command.replace("DRIVER", ours ? `${driver} -B '${bin}/'` : driver);
    const { status, stdout, stderr } = await runShell(ours ? `PATH='${bin}':"$PATH" ${line}` : line, folder);
    results.push(`${status}\n${comparable(stdout)}\n${comparable(stderr)}`);
  }
  return results;
}

const tally = new Tally();
for (const driver of ["clang", "clang -fno-pie -no-pie", "gcc", "gcc -fno-pie -no-pie"]) {
  const [compiler] = driver.split(" ");
  const missing = [compiler, "ld", "objdump"].filter((program) => !isInstalled(program));
  if (missing.length > 0) {
    tally.skip(`playground of ${compiler}`, `${missing.join(", ")} is not installed`);
    continue;
  }
  const work = mkdtempSync(path.join(os.tmpdir(), "premain-playground-"));
  const gnu = await runAll(path.join(work, "gnu"), driver, false);
  const ours = await runAll(path.join(work, "ours"), driver, true);
  for (const [i, command] of commands.entries()) {
    const name = command.replace("DRIVER", driver);
    if (gnu[i] === ours[i]) tally.pass();
    else tally.fail(name, ["GNU's:", gnu[i], "ours:", ours[i]]);
  }
  for (const file of ["extern.o", "run.o", "libextern.a", "a.out", "a.bin"]) {
    const [expected, found] = ["gnu", "ours"].map((side) => path.join(work, side, file));
    const missing = !existsSync(expected);
    if (missing !== !existsSync(found)) tally.fail(`${driver}: ${file}`, ["it is missing, or should be"]);
    else if (missing) tally.pass();
    else if (readFileSync(expected).equals(readFileSync(found))) tally.pass();
    else tally.fail(`${driver}: ${file}`, ["the bytes differ"]);
  }
  rmSync(work, { recursive: true });
}
process.exitCode = tally.finish();
