import { isProblem } from "../../files/index.ts";
import { Fatal } from "../fatal.ts";
import type { ToolHost } from "../host.ts";
import { asByteText, byteText } from "../text-out.ts";
import { type ArOptions, extract, openOrCreate, writeOptions } from "./ar.ts";
import { type Entry, newEntries, readArchive } from "./entries.ts";
import { describeEntry } from "./list.ts";
import { writeArchiveFile } from "./write.ts";

// `ar -M`: the command language of Microtec's librarian, from standard input.
// One archive is open at a time and is written by SAVE.

/** One line: a command and the words after it. */
interface Command {
  readonly name: string;
  /** Names, and the marks ( ) and ,. */
  readonly words: readonly string[];
}

const COMMANDS =
  /^(?:ADDLIB|ADDMOD|CLEAR|CREATE|DELETE|DIRECTORY|END|EXTRACT|FULLDIR|HELP|LIST|OPEN|REPLACE|VERBOSE|SAVE)$/;
const SYNTAX = Symbol("syntax");

export function runMri(host: ToolHost, options: ArOptions): number {
  const bytes = host.files.standardInput();
  const session = new Session(host, options);
  let line = 0;
  // A plus sign at the end of a line joins the next one.
  for (const text of byteText(bytes, 0, bytes.length).replace(/\+\n/g, " ").split("\n")) {
    line++;
    const command = parseLine(text);
    if (command === undefined) continue;
    if (command !== SYNTAX && command.name === "END") return 0;
    if (command === SYNTAX || session.run(command) === SYNTAX)
      host.out(`Syntax error in archive script, line ${line}\n`);
  }
  return 0;
}

function parseLine(text: string): Command | typeof SYNTAX | undefined {
  const words = text.replace(/[*;].*$/, "").match(/[A-Za-z0-9/\\$:._~+-]+|[(),]|\S/g) ?? [];
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  const name = first.toUpperCase();
  if (!COMMANDS.test(name) || (first !== name && first !== name.toLowerCase())) return SYNTAX;
  return { name, words: rest.map((word) => new TextDecoder().decode(latin1(word))) };
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

class Session {
  private readonly host: ToolHost;
  private readonly options: ArOptions;
  private open: { readonly path: string; entries: Entry[] } | undefined;

  constructor(host: ToolHost, options: ArOptions) {
    this.host = host;
    this.options = options;
  }

  run({ name, words }: Command): typeof SYNTAX | undefined {
    const names = words.filter((word) => word !== "," && word !== "(" && word !== ")");
    switch (name) {
      case "OPEN":
      case "CREATE": {
        if (names.length !== 1) return SYNTAX;
        const [path] = names;
        this.open = { path, entries: name === "CREATE" ? [] : this.readExisting(path) };
        return undefined;
      }
      case "ADDLIB":
        return names.length === 0 ? SYNTAX : this.addLibrary(names[0], names.slice(1));
      case "ADDMOD":
        this.addModules(names);
        return undefined;
      case "CLEAR":
        if (this.open) this.open.entries = [];
        return undefined;
      case "DELETE":
        this.deleteModules(names);
        return undefined;
      case "DIRECTORY":
        return names.length === 0 ? SYNTAX : this.directory(words);
      case "EXTRACT":
        this.extractModules(names);
        return undefined;
      case "LIST":
        this.list();
        return undefined;
      case "REPLACE":
        this.replaceModules(names);
        return undefined;
      case "SAVE":
        this.save();
        return undefined;
      case "VERBOSE":
        this.options.verbose = !this.options.verbose;
        return undefined;
      default:
        return SYNTAX;
    }
  }

  private say(message: string): void {
    this.host.error(`${this.host.program}: ${message}\n`);
  }

  private archive(): { readonly path: string; entries: Entry[] } {
    if (this.open) return this.open;
    throw new Fatal("no open output archive", 9);
  }

  private readExisting(path: string): Entry[] {
    if (!this.host.files.isFile(path)) throw new Fatal(`Can't open input archive ${asByteText(path)}`, 9);
    try {
      return readArchive(this.host, path).entries;
    } catch (error) {
      if (error instanceof Fatal) throw new Fatal(`file ${asByteText(path)} is not an archive`, 9);
      throw error;
    }
  }

  /** Names come last to first: the grammar of GNU ar collects them that way. */
  private addModules(names: readonly string[]): void {
    const archive = this.archive();
    for (const name of [...names].reverse()) {
      if (!this.host.files.isFile(name)) throw new Fatal(`can't open file ${asByteText(name)}`, 9);
      archive.entries.unshift(...newEntries(this.host, name, false));
    }
  }

  private addLibrary(path: string, modules: readonly string[]): undefined {
    if (!this.open) throw new Fatal("no output archive specified yet", 9);
    const { entries } = openOrCreate(path, { ...this.options, operation: "t" }, this.host);
    if (modules.length === 0) {
      for (const entry of entries) this.open.entries.unshift(entry);
      return;
    }
    for (const name of [...modules].reverse()) {
      const found = entries.filter((entry) => entry.name === name);
      for (const entry of found) this.open.entries.unshift(entry);
      if (found.length === 0) this.host.error(`No entry ${asByteText(name)} in archive.\n`);
    }
  }

  private deleteModules(names: readonly string[]): void {
    const archive = this.archive();
    for (const name of [...names].reverse()) {
      const rest = archive.entries.filter((entry) => entry.name !== name);
      if (rest.length === archive.entries.length)
        throw new Fatal(`can't find module file ${asByteText(name)}`, 9);
      archive.entries = rest;
    }
  }

  private replaceModules(names: readonly string[]): void {
    const archive = this.archive();
    for (const name of [...names].reverse()) {
      const at = archive.entries.findIndex((entry) => entry.name === name);
      if (at < 0) this.say(`can't find module file ${asByteText(name)}`);
      if (!this.host.files.isFile(name)) throw new Fatal(`can't open file ${asByteText(name)}`, 9);
      const added = newEntries(this.host, name, false);
      if (at < 0) archive.entries.push(...added);
      else archive.entries.splice(at, 1, ...added);
    }
  }

  private extractModules(names: readonly string[]): void {
    if (!this.open) throw new Fatal("no open archive", 9);
    for (const name of [...names].reverse()) {
      const found = this.open.entries.find((entry) => entry.name === name);
      if (found) extract(found, this.options, this.host);
      else this.say(`can't find module file ${asByteText(name)}`);
    }
  }

  /** DIRECTORY ARCHIVE (MODULES) [FILE] */
  private directory(words: readonly string[]): undefined {
    const [path, ...rest] = words;
    const close = rest.indexOf(")");
    const modules = close < 0 ? [] : rest.slice(0, close).filter((word) => word !== "," && word !== "(");
    const output = rest.slice(close + 1).find((word) => word !== ",");
    const { entries } = openOrCreate(path, { ...this.options, operation: "t" }, this.host);
    let text = "";
    const show = (entry: Entry) => {
      text += describeEntry(entry, this.options.verbose, false);
    };
    if (modules.length === 0) entries.forEach(show);
    else
      for (const name of modules.reverse()) {
        const found = entries.filter((entry) => entry.name === name);
        found.forEach(show);
        if (found.length === 0) this.host.error(`No entry ${asByteText(name)} in archive.\n`);
      }
    const file = output === undefined ? undefined : this.host.files.create(output);
    if (file && !isProblem(file)) {
      file.write(latin1(text), 0);
      file.finish();
      return;
    }
    if (file) this.host.error(`Can't open file ${asByteText(output ?? "")}\n`);
    this.host.out(text);
  }

  private list(): void {
    const archive = this.archive();
    this.options.verbose = true;
    this.host.out(`Current open archive is ${asByteText(archive.path)}\n`);
    for (const entry of archive.entries) this.host.out(describeEntry(entry, true, false));
  }

  private save(): void {
    const archive = this.archive();
    const options = writeOptions({ thin: false }, this.options);
    writeArchiveFile(this.host, archive.path, archive.entries, { ...options, index: true });
    this.open = undefined;
  }
}
