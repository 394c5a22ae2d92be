// `npm start`: links a small program, stage by stage, and asks the linker why; then
// assembles, links and runs another one on a RISC-V board of its own. Needs nothing
// but Node; the first program itself runs on x86-64 Linux.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Report, renderDiagnostic } from "premain/diagnostics";
import { MemoryFileSystem } from "premain/files";
import { explain, link, parseArguments } from "premain/link";
import { buildBoard, runBoard } from "./board.mjs";
import { early, hello, start } from "./inputs.mjs";

const here = (name) => new URL(name, import.meta.url);
const title = (text) => console.log(`\n${text}\n${"-".repeat(text.length)}`);
const hex = (value) => `0x${value.toString(16)}`;

title("1. What goes in");
const script = readFileSync(here("tour.ld"), "utf8");
const inputs = { "start.o": start, "hello.o": hello, "early.o": early };
for (const [name, bytes] of Object.entries(inputs)) console.log(`${name.padEnd(10)} ${bytes.length} bytes`);
console.log(`\n${script}`);

title("2. The link");
const files = new MemoryFileSystem({ ...inputs, "tour.ld": script });
const report = new Report();
const args = ["--gc-sections", "-T", "tour.ld", ...Object.keys(inputs), "-o", "tour"];
console.log(`premain ld ${args.join(" ")}\n`);
const { options } = parseArguments(args, "ld", "gnu", files, report);
const result = link(options, { files }, report);
for (const diagnostic of report.diagnostics)
  console.log(renderDiagnostic(diagnostic, { program: "ld", dialect: "gnu", color: false }));
if (!result.succeeded) process.exit(1);
for (const { name, address, size } of result.layout.sections)
  if (address)
    console.log(`${name.padEnd(14)} ${hex(address).padStart(9)}  ${String(size).padStart(4)} bytes`);

title("3. Why");
for (const query of ["greet", "unused", ".before_main"]) console.log(`${explain(result, query)}\n`);

title("4. A RISC-V board: assembled, linked, loaded, run");
const board = runBoard(buildBoard());
console.log(`premain as -march=rv32i -g board.s -o board.o
premain ld -m elf32lriscv -T board.ld -Map=board.map board.o -o board
premain run --board board.json --map board.map --load-map --timeline board

${board.load}
${board.printed}
${board.timelineText(board.events)}`);
const beforeMain = "  priority 101 runs before main\n  priority 102 runs before main\n";
if (board.printed !== `${beforeMain}  main runs, and finds its variables\n` || board.result.code !== 42) {
  console.error("This is not what the board should do.");
  process.exit(1);
}

title("5. The first program runs here");
const image = files.files.get("tour");
if (process.platform !== "linux" || process.arch !== "x64") {
  console.log(`The image has ${image.length} bytes; it needs Linux on x86-64 to run.`);
  process.exit(0);
}
const folder = mkdtempSync(path.join(os.tmpdir(), "premain-tour-"));
const program = path.join(folder, "tour");
writeFileSync(program, image);
chmodSync(program, 0o755);
const { stdout, status, signal } = spawnSync(program, { encoding: "utf8" });
rmSync(folder, { recursive: true });
console.log(`${stdout}exit code ${status ?? signal}`);
const expected = "  the first runs before main\n  the second runs before main\n  main runs\n";
if (stdout !== expected || status !== 0) {
  console.error("This is not what the program should print.");
  process.exit(1);
}
