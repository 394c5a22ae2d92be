import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import type { CorpusFile } from "./corpus.ts";
import type { ToolCase } from "./frame.ts";

// Rows of ar and ranlib: operations and modifiers over archives that GNU ar made.

const LONG = "a-name-that-is-longer-than-fifteen-bytes.o";

/** Each is a command line; `L` is the archive. */
const commands: readonly string[] = [
  "rc new.a one.o two.o",
  "rcs new.a one.o two.o text",
  "rcS new.a one.o two.o",
  "r new.a one.o",
  "rv new.a one.o two.o",
  "cr new.a",
  "crs new.a",
  "rc new.a text",
  `rcv new.a ${LONG} one.o`,
  `rcT new.a one.o ${LONG}`,
  "rc --thin new.a one.o two.o",
  "rcTS new.a sub/three.o one.o",
  "rcT new.a L.a one.o",
  "qc new.a one.o one.o",
  "qcs new.a one.o one.o",
  "qcv new.a two.o sub/three.o",
  `rcf new.a ${LONG} one.o`,
  "rcP new.a sub/three.o one.o",
  "-rc -D new.a one.o",
  "rc new.a missing.o",
  "rc new.a",
  "-r -c -s new.a one.o",
  "--plugin x rcs new.a one.o",
  "rcl libs new.a one.o two.o",
  "rcU new.a one.o two.o",
  "rc sub/new.a one.o sub/three.o",
  "t L.a",
  "tv L.a",
  "tO L.a",
  "tvO L.a two.o",
  "t L.a nothing.o",
  "tv thin.a",
  "tO thin.a",
  "tP thin.a",
  "p L.a text",
  "pv L.a text",
  "p L.a",
  "x L.a",
  "xv L.a one.o text",
  "xo L.a",
  "xo U.a",
  "x thin.a",
  "x L.a nothing.o one.o",
  "xN 2 twice.a one.o",
  "xNv 3 twice.a one.o",
  "x --output sub L.a",
  "xv --output=sub/ L.a one.o",
  "d L.a one.o",
  "dv L.a one.o nothing.o",
  "d L.a",
  "dN 2 twice.a one.o",
  "dS L.a text",
  "d L.a __.SYMDEF",
  "d thin.a one.o",
  "m L.a one.o",
  "mv L.a one.o two.o",
  "ma two.o L.a one.o",
  "mb one.o L.a text",
  "mi one.o L.a two.o",
  "m L.a nothing.o",
  "r L.a one.o",
  "rv L.a one.o sub/three.o",
  "ra one.o L.a sub/three.o",
  "rb one.o L.a sub/three.o two.o",
  "ra nothing L.a sub/three.o",
  "ru L.a one.o",
  "ruU U.a one.o two.o",
  "ruD L.a one.o",
  "rU U.a one.o",
  "rc U.a two.o",
  "rT L.a one.o",
  "rc thin.a one.o",
  "rcT thin.a sub/three.o",
  "s L.a",
  "s noindex.a",
  "ts noindex.a",
  "rs noindex.a one.o",
  "s missing.a",
  "t missing.a",
  "t text",
  "x missing.a",
  "rd L.a",
  "L.a",
  "rx L.a",
  "N L.a",
  "tN 1 L.a one.o",
  "xN zero L.a one.o",
  "xN",
  "ra",
  "tu L.a",
  "t",
  "tv long.a",
  `d long.a ${LONG}`,
  `r long.a ${LONG} one.o`,
  "t damaged.a",
  "t truncated.a",
  "r truncated.a one.o",
  "z L.a",
  "t --bogus L.a",
];

const ranlibCommands = [
  "L.a",
  "noindex.a",
  "-D noindex.a",
  "U.a thin.a",
  "missing.a",
  "text",
  "-t L.a",
  "-t noindex.a",
  "long.a twice.a",
];

const scripts: readonly string[] = [
  "create new.a\naddmod one.o\naddmod two.o, text\nsave\nend\n",
  "CREATE new.a\nADDLIB L.a\nSAVE\nEND\n",
  "CREATE new.a\nADDLIB L.a (one.o, nothing.o)\nLIST\nSAVE\n",
  "OPEN L.a\nDELETE one.o\nREPLACE two.o\nSAVE\n",
  "OPEN L.a\nLIST\nEXTRACT one.o\nEND\n",
  "OPEN missing.a\n",
  "VERBOSE\nDIRECTORY L.a\nDIRECTORY L.a (one.o) listing\n* a comment\n",
  "nonsense here\nsave\n",
  "CREATE new.a\nADDMOD missing.o\n",
  "CREATE new.a\nADDMOD one.o +\n two.o\nCLEAR\nADDMOD text\nSAVE\n; done\n",
];

export function* archiveCases(corpus: readonly CorpusFile[]): Generator<ToolCase> {
  for (const peer of ["native", "riscv"] as const) {
    const objects = corpus.filter((file) => file.kind === "object" && file.own && file.peer === peer);
    if (objects.length < 3) continue;
    const inputs = makeArchives(objects.map((file) => file.path));
    for (const command of commands) yield { tool: "ar", peer, args: command.split(" "), inputs };
    for (const command of ranlibCommands) yield { tool: "ranlib", peer, args: command.split(" "), inputs };
    for (const script of scripts)
      yield { tool: "ar", peer, args: ["-M"], inputs, stdin: new TextEncoder().encode(script) };
    for (const archive of corpus.filter((file) => file.kind === "archive" && file.peer === peer)) {
      if (archive.options.length > 0) continue;
      const own = { [archive.name]: archive.path };
      yield { tool: "ar", peer, args: ["tv", archive.name], inputs: own };
      yield { tool: "ranlib", peer, args: [archive.name], inputs: own };
      yield { tool: "ar", peer, args: ["x", archive.name], inputs: own };
    }
  }
}

/** Files to work on, and archives of them made by GNU ar. */
function makeArchives(objects: readonly string[]): Record<string, Uint8Array> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "premain-ar-"));
  mkdirSync(path.join(folder, "sub"));
  const [one, two, three] = objects;
  copyFileSync(one, path.join(folder, "one.o"));
  copyFileSync(two, path.join(folder, "two.o"));
  copyFileSync(three, path.join(folder, "sub/three.o"));
  copyFileSync(one, path.join(folder, LONG));
  writeFileSync(path.join(folder, "text"), "odd text\n");
  const ar = (...args: string[]) => spawnSync("ar", args, { cwd: folder });
  ar("rc", "L.a", "one.o", "two.o", "text");
  ar("rcU", "U.a", "one.o", "text");
  ar("rcT", "thin.a", "one.o", "two.o");
  ar("qc", "twice.a", "one.o", "two.o", "one.o");
  ar("rcS", "noindex.a", "one.o", "two.o");
  ar("rc", "long.a", LONG, "one.o", "sub/three.o");
  const whole = readFileSync(path.join(folder, "L.a"));
  writeFileSync(path.join(folder, "truncated.a"), whole.subarray(0, whole.length - 50));
  const damaged = Buffer.from(whole);
  damaged.fill(0x41, 120, 140);
  writeFileSync(path.join(folder, "damaged.a"), damaged);
  const names = ["one.o", "two.o", "sub/three.o", LONG, "text"];
  for (const name of ["L", "U", "thin", "twice", "noindex", "long", "truncated", "damaged"])
    names.push(`${name}.a`);
  const files = names.filter((name) => existsSync(path.join(folder, name)));
  const result = Object.fromEntries(
    files.map((name) => [name, new Uint8Array(readFileSync(path.join(folder, name)))]),
  );
  rmSync(folder, { recursive: true });
  return result;
}
