import { type FileProblem, isProblem } from "../../files/index.ts";
import type { BfdSection } from "../bfd/section.ts";
import { LineFinder } from "../lines.ts";
import { byteText } from "../text-out.ts";
import { type Dump, say } from "./context.ts";
import type { SourceLines } from "./disassemble.ts";

// -l and -S: before an instruction, where it comes from in the source, and the
// source itself with a few lines before it, as far as it was not shown before.

const LINES_BEFORE = 5;

interface SourceFile {
  readonly lines: readonly string[];
  /** The highest line shown so far. */
  shown: number;
  /** The line that was asked for last. */
  last: number;
}

export class InterleavedSource implements SourceLines {
  private readonly dump: Dump;
  private readonly finder: LineFinder;
  private readonly files = new Map<string, SourceFile | undefined>();
  private function: string | undefined;
  private line = -1;
  private discriminator = 0;

  constructor(dump: Dump) {
    this.dump = dump;
    this.finder = new LineFinder(dump.object, dump.symbols.length > 0 ? dump.symbols : dump.dynsyms);
  }

  show(section: BfdSection, offset: number): void {
    const { dump } = this;
    const { options } = dump;
    const place = this.finder.nearest(section, BigInt(offset));
    if (!place) return;
    const file = this.prefixed(place.file);
    const { line, discriminator } = place;
    const name = place.function || undefined;
    if (options.lineNumbers) this.showPlace(file, name, line, discriminator, place.callers);
    if (options.source && file !== undefined && line > 0) this.showSource(file, line);
    if (name !== undefined) this.function = name;
    if (line > 0) this.line = line;
    this.discriminator = discriminator;
  }

  /** --prefix and --prefix-strip: where the sources are now. */
  private prefixed(file: string | undefined): string | undefined {
    const { prefix, prefixStrip } = this.dump.options;
    if (!file || prefix === undefined || !file.startsWith("/")) return file || undefined;
    let rest = file;
    for (let i = 0; i < prefixStrip; i++) {
      const next = rest.indexOf("/", 1);
      if (next < 0) break;
      rest = rest.slice(next);
    }
    return prefix + rest;
  }

  private showPlace(
    file: string | undefined,
    name: string | undefined,
    line: number,
    discriminator: number,
    callers: readonly { file: string | undefined; function: string | undefined; line: number }[],
  ): void {
    const { dump } = this;
    const { out, options } = dump;
    if (name !== undefined && name !== this.function) {
      const demangled = dump.demangled(name);
      out.text(demangled === name ? `${dump.shown(name)}():\n` : `${dump.shown(demangled)}:\n`);
      this.line = -1;
    }
    if (line > 0 && (line !== this.line || discriminator !== this.discriminator)) {
      const which = discriminator > 0 ? ` (discriminator ${discriminator})` : "";
      out.text(`${file === undefined ? "???" : dump.shown(file)}:${line}${which}\n`);
    }
    if (!options.inlines) return;
    for (const caller of callers) {
      const of = dump.shown(caller.function ?? "");
      out.text(`inlined by ${dump.shown(caller.file ?? "")}:${caller.line} (${of})\n`);
    }
  }

  private showSource(path: string, line: number): void {
    const { dump } = this;
    const file = this.open(path);
    if (!file || line === file.last) return;
    let from = line > LINES_BEFORE ? line - LINES_BEFORE : 1;
    if (dump.options.fileStartContext && file.last === 0) from = 1;
    else if (file.shown >= from) from = file.shown < line ? file.shown + 1 : line;
    for (let i = from; i <= line && i <= file.lines.length; i++) {
      const text = file.lines[i - 1];
      if (text !== "" || i < file.lines.length) dump.out.text(dump.options.sourceComment);
      dump.out.text(`${text}\n`);
    }
    file.shown = Math.max(file.shown, line);
    file.last = line;
  }

  /** A source file under its own name, or its last part in the folders of -I; kept, also where there is none. */
  private open(path: string): SourceFile | undefined {
    if (this.files.has(path)) return this.files.get(path);
    const { host, options } = this.dump.run;
    const last = path.slice(path.lastIndexOf("/") + 1);
    const names = [path, ...options.include.map((folder) => `${folder}/${last}`)].map(asPath);
    const name = names.find((each) => host.files.isFile(each));
    const opened: FileProblem | ReturnType<typeof host.files.open> | undefined =
      name === undefined ? undefined : host.files.open(name);
    let file: SourceFile | undefined;
    if (name !== undefined && opened && !isProblem(opened)) {
      const text = byteText(opened.read(0, opened.size), 0, opened.size);
      opened.close();
      const lines = text.split("\n").map((line) => line.replace(/\r.*$/, ""));
      if (lines.at(-1) === "") lines.pop();
      file = { lines, shown: 0, last: 0 };
      const source = host.files.status(name);
      const object = host.files.status(this.dump.run.path);
      if (!isProblem(source) && !isProblem(object) && source.modified > object.modified)
        say(this.dump.run, `Warning: source file ${path} is more recent than object file`);
    }
    this.files.set(path, file);
    return file;
  }
}

/** Byte text as a path. */
function asPath(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(text, (char) => char.charCodeAt(0)));
}
