// The second half of the tour: a program for a bare RISC-V board is assembled,
// linked and run, and everything before main is shown. Needs nothing but Node.
import { readFileSync } from "node:fs";
import { assemble, parseCommandLine } from "premain/asm";
import { Report, renderDiagnostic } from "premain/diagnostics";
import { MemoryFileSystem } from "premain/files";
import { link, parseArguments, writeMap } from "premain/link";
import {
  describeLoad,
  ProgramSymbols,
  readBoard,
  readLinkMap,
  startBare,
  Timeline,
  timelineText,
} from "premain/machine";

const text = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

/** Ends the tour where something is wrong: that is what the diagnostics say. */
function check(report, program) {
  for (const diagnostic of report.diagnostics)
    console.log(renderDiagnostic(diagnostic, { program, dialect: "gnu", color: false }));
  if (report.hasErrors) process.exit(1);
}

/** Assembles and links board.s; the image and the linker's map. */
export function buildBoard() {
  const files = new MemoryFileSystem({ "board.s": text("board.s"), "board.ld": text("board.ld") });
  const report = new Report();
  const { options } = parseCommandLine(["-march=rv32i", "-mabi=ilp32", "-g"]);
  const object = assemble([{ name: "board.s", bytes: files.files.get("board.s") }], options, files, report);
  check(report, "as");
  files.set("board.o", object.bytes);
  const args = ["-m", "elf32lriscv", "-T", "board.ld", "board.o", "-o", "board"];
  const result = link(parseArguments(args, "ld", "gnu", files, report).options, { files }, report);
  check(report, "ld");
  let map = "";
  writeMap(result, (part) => {
    map += part;
  });
  return { image: files.files.get("board"), map };
}

/** Runs the image on the board of board.json; what it printed, how it ended, and the time line. */
export function runBoard({ image, map }) {
  const report = new Report();
  let printed = "";
  const write = (bytes) => {
    printed += new TextDecoder().decode(bytes);
  };
  const system = startBare(
    image,
    "board",
    {
      board: readBoard(text("board.json"), "board.json", report),
      console: { read: () => 0, write, isTerminal: false },
      commandLine: "board",
    },
    report,
  );
  check(report, "run");
  const target = { machine: system.machine, run: (limit) => system.run(limit) };
  const { plan } = system;
  const options = { plan, symbols: new ProgramSymbols(plan), limit: 1e6, map: readLinkMap(map) };
  const timeline = new Timeline(target, options);
  const result = timeline.run();
  return { load: describeLoad(system.plan), printed, result, events: timeline.events, timelineText };
}
