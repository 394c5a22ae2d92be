import { Report, renderDiagnostic } from "../diagnostics/index.ts";
import type { FileSystem, OutputFile } from "../files/index.ts";
import { explain, link, nearQuestion, parseArguments, splitArguments } from "../link/index.ts";
import { NodeFileSystem } from "./node-files.ts";

// `premain why`: links as a command line says, without writing anything, and
// answers questions about the result.

const USAGE = `Usage: premain why [--lld] QUESTION... -- LD-ARGUMENTS...
       premain why [--lld] --link 'LD-ARGUMENTS' QUESTION...

Links as \`premain ld LD-ARGUMENTS\` would, writes nothing, and explains each
QUESTION:

  main                 a symbol: where it is, how its address comes about, what
                       placed it and what did not, why it is kept, where its
                       archive member came from, what its relocations compute
  0x80000124           whatever is at an address
  .data                an output section
  main.o:(.text.f)     an input section; also by its name alone
  libc.a(printf.o)     an archive member: why it was taken

LD-ARGUMENTS may begin with the linker's name, so a line of \`gcc -v\` or of a
build log can be pasted as it is. --lld reads them as ld.lld does.
`;

/** The exit code: 0 when every question has an answer. */
export function why(args: readonly string[]): number {
  const request = readArguments(args);
  if (!request) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (request === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  const { questions, line, flavor } = request;
  const report = new Report();
  const program = flavor === "gnu" ? "ld" : "ld.lld";
  const disk = new NodeFileSystem();
  const { options } = parseArguments(line, program, flavor, disk, report);
  // As for a map, nothing that the objects say is forgotten.
  const all = { ...options, printMap: true };
  const result = report.hasErrors ? undefined : link(all, { files: readOnly(disk) }, report);
  // A failed link can be asked about too, as far as it came.
  for (const diagnostic of report.diagnostics)
    if (diagnostic.severity === "error")
      process.stderr.write(renderDiagnostic(diagnostic, { program, dialect: options.compat, color: false }));
  if (!result?.inputs) return 1;
  let code = 0;
  questions.forEach((question, i) => {
    const answer = explain(result, question);
    if (answer === undefined) {
      const near = nearQuestion(result, question);
      const hint = near === undefined ? "" : `; ${near}`;
      process.stderr.write(
        `premain why: the link has no symbol, section, file or address ${question}${hint}\n`,
      );
      code = 1;
    } else process.stdout.write(`${i === 0 ? "" : "\n"}${answer}`);
  });
  return code;
}

interface Request {
  readonly questions: readonly string[];
  readonly line: readonly string[];
  readonly flavor: "gnu" | "lld";
}

function readArguments(args: readonly string[]): Request | "help" | undefined {
  let flavor: "gnu" | "lld" = "gnu";
  let line: string[] | undefined;
  const questions: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (arg === "--help") return "help";
    if (arg === "--lld") flavor = "lld";
    else if (arg === "--link" && at + 1 < args.length) line = splitArguments(args[++at]);
    else if (arg === "--") {
      line = args.slice(at + 1);
      break;
    } else questions.push(arg);
  }
  if (!line || questions.length === 0) return undefined;
  if (/(^|[/-])(ld|ld\.bfd|ld\.lld|lld|collect2)$/.test(line[0] ?? "")) {
    if (/lld$/.test(line[0])) flavor = "lld";
    line = line.slice(1);
  }
  return { questions, line, flavor };
}

/** The same files, but nothing is ever written. */
function readOnly(files: FileSystem): FileSystem {
  const nowhere: OutputFile = { write() {}, finish() {}, abandon() {} };
  return {
    open: (path) => files.open(path),
    isFile: (path) => files.isFile(path),
    create: () => nowhere,
  };
}
