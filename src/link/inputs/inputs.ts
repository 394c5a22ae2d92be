import type { NameId } from "../../binary/index.ts";
import type { Report, Source, Span } from "../../diagnostics/index.ts";
import { ET_DYN, identify, readIdentity } from "../../elf/index.ts";
import { type FileSystem, isProblem } from "../../files/index.ts";
import {
  type InputModes,
  type LinkModel,
  type LinkOptions,
  newModel,
  type ObjectId,
  type SourceFile,
} from "../../model/index.ts";
import type { Input, InputFile, Script } from "../../script/index.ts";
import type { Target } from "../../targets/index.ts";
import { SharedInputs } from "../dynamic/shared-inputs.ts";
import { addImplicitScript, entryName, type ScriptCommands } from "../statements/commands.ts";
import { bindVersions } from "../symbols/bind-versions.ts";
import { NameMap, Resolver, Wraps, wrappedName } from "../symbols/resolve.ts";
import { readRetained } from "../symbols/retained-symbols.ts";
import { declareHeaderSymbol, defineScriptSymbols } from "../symbols/script-symbols.ts";
import { hideSymbols } from "../symbols/versions.ts";
import { LazyArchive, type MemberBytes } from "./archives.ts";
import { addBinary, addJustSymbols } from "./binary-input.ts";
import { Extraction } from "./extraction.ts";
import { isForTarget } from "./for-target.ts";
import { ComdatTable } from "./groups.ts";
import { findLibrary, findScriptInput, searchPaths } from "./libraries.ts";
import { filesByScript, type ScriptFiles } from "./named-files.ts";
import { ObjectKernels } from "./object-kernels.ts";
import { addObject, type ObjectSink, referFromScript } from "./read-object.ts";
import { remapped } from "./remap-inputs.ts";
import type { LoadedFile, ResolvedInputs } from "./resolved-inputs.ts";
import { traceObject, traceScripts } from "./trace-symbols.ts";

// Reads the inputs in the order of the command line and decides what each
// global symbol is: files, libraries and scripts. What archives give is in
// extraction.ts.

export type { DuplicateSymbol } from "../symbols/resolve.ts";
export type { LoadedFile, ResolvedInputs } from "./resolved-inputs.ts";

/** Parses an input file that turned out to be a linker script. */
export type ParseScript = (source: Source) => Script;

/** Finds and reads every input, extracts archive members, and decides what each global symbol is. */
export function resolveInputs(
  options: LinkOptions,
  commands: ScriptCommands,
  files: FileSystem,
  report: Report,
  parseImplicit: ParseScript,
  target: Target,
  leavesLabels = false,
  outputOnly = false,
): ResolvedInputs {
  const loader = new InputLoader(
    options,
    commands,
    files,
    report,
    parseImplicit,
    target,
    leavesLabels,
    outputOnly,
  );
  loader.seed();
  loader.readAll();
  loader.finish();
  return {
    model: loader.model,
    commands,
    files: loader.loaded,
    duplicates: loader.resolver.duplicates,
    discarded: loader.resolver.discarded,
    lost: loader.resolver.lost,
    archivesWith: (symbol) => loader.extraction.archivesWith(symbol),
    retain: readRetained(options, files, report),
  };
}

function isSharedObject(bytes: Uint8Array): boolean {
  return bytes.length >= 20 && bytes[16] === ET_DYN && bytes[17] === 0;
}

function readAgain(files: FileSystem, source: SourceFile, size: number): Uint8Array | undefined {
  const { path, contents = path, offset } = source;
  if (offset === undefined) return undefined;
  const file = files.open(contents);
  if (isProblem(file)) return undefined;
  const bytes = file.read(offset, size);
  file.close();
  return bytes;
}

/** Whether the output, and what else is asked for, is made of what is linked alone. */
function packs({ kind, emitRelocations, traceSymbols, cref }: LinkOptions): boolean {
  return kind !== "relocatable" && !emitRelocations && traceSymbols.length === 0 && !cref;
}

/** A file of no more than this is read whole before it is known what it is. */
const READ_AT_ONCE = 1 << 16;

/** Scripts that name scripts as inputs go no deeper than this. */
const MAX_SCRIPT_DEPTH = 16;

class InputLoader {
  readonly model: LinkModel;
  readonly loaded: LoadedFile[] = [];
  readonly resolver: Resolver;
  private readonly options: LinkOptions;
  private readonly commands: ScriptCommands;
  private readonly files: FileSystem;
  private readonly report: Report;
  private readonly parse: ParseScript;
  private readonly target: Target;
  private readonly sink: ObjectSink;
  readonly extraction: Extraction;
  /** --trace-symbol. */
  private readonly traced: ReadonlySet<NameId>;
  private readonly specifiers = new Set<string>();
  private readonly seen = new Set<string>();
  /** Inputs of the command line that a script in front of them names, and that were read then. */
  private readonly early = new Set<string>();
  /** Archives that only a pattern has named so far. */
  private readonly byPattern = new Set<string>();
  private from: LoadedFile["from"] = "script";
  private paths: string[] = [];
  private scriptDepth = 0;
  /** GNU ld: shared objects; undefined until there is a use for it. */
  private shared: SharedInputs | undefined;
  constructor(
    options: LinkOptions,
    commands: ScriptCommands,
    files: FileSystem,
    report: Report,
    parse: ParseScript,
    target: Target,
    leavesLabels: boolean,
    outputOnly: boolean,
  ) {
    this.options = options;
    this.commands = commands;
    this.files = files;
    this.report = report;
    this.parse = parse;
    this.target = target;
    this.model = newModel(options);
    this.resolver = new Resolver(this.model, report);
    const { names } = this.model;
    const wraps = new Wraps(this.model);
    const lazy = options.compat === "lld" ? new NameMap() : undefined;
    const { printMap, mapFile, reportFile } = options;
    // Maps, reports and explanations tell how long sections were in their objects.
    const givesUp = !printMap && mapFile === undefined && reportFile === undefined;
    const modes = { leavesLabels, wraps: wraps.any, givesUp, packs: outputOnly && packs(options), lazy };
    this.sink = {
      model: this.model,
      report,
      files,
      resolver: this.resolver,
      comdats: new ComdatTable(this.model),
      wraps,
      lazy,
      dependents: [],
      versioned: new Map(),
      leavesLabels,
      packs: modes.packs,
      reading: new ObjectKernels(this.model, target.machine, target.is64, modes),
      isForTarget: (bytes, name) => isForTarget(this.model, target, bytes, name, report),
    };
    this.traced = new Set(options.traceSymbols.map((name) => names.addString(name)));
    this.extraction = new Extraction(this.sink, options, commands, {
      definesShared: (name) => this.shared?.defines(name) === true,
      addElf: (member) => this.addElf(member),
      addShared: (member, modes) => this.addShared(member, modes),
    });
    if (options.kind === "pie" && this.takesShared()) this.sharedInputs();
    this.model.readAgain = ({ file, whole }) => readAgain(files, file, whole?.fileSize ?? 0);
  }

  /** Whether a shared object may be an input. */
  private takesShared(): boolean {
    const { compat, kind } = this.options;
    return compat === "gnu" && (kind === "pie" || kind === "executable") && this.target.dynamic !== undefined;
  }

  private sharedInputs(): SharedInputs {
    this.shared ??= new SharedInputs(this.model, this.files, this.report, this.target, () =>
      searchPaths({ ...this.options, libraryPaths: [] }, this.commands),
    );
    return this.shared;
  }

  /** What the command line and the scripts want, before any object says so. */
  seed(): void {
    const { options, commands, model } = this;
    if (this.sink.lazy) for (const name of commands.references.keys()) this.extraction.wantEarly(name);
    const entry = entryName(options, commands);
    const names = [
      ...options.undefined,
      ...(entry ? [entry] : []),
      ...options.requireDefined,
      ...commands.externs.map((name) => name.text),
      ...this.scriptWants(),
    ];
    // LLD keeps them aside until an input mentions them, which decides the order of the symbol table.
    if (this.sink.lazy) for (const name of names) this.extraction.want(name);
    else for (const name of names) referFromScript(model, name);
    this.paths = searchPaths(options, commands);
  }

  /**
   * The symbols that the script refers to. GNU ld carries out assignments before it reads files, and computes addresses,
   * data and assertions only later: what they alone refer to brings no member of an archive in.
   */
  private scriptWants(): Iterable<string> {
    if (this.sink.lazy) return this.commands.references.keys();
    return [...this.commands.wanted].map((name) => wrappedName(this.options, name));
  }

  readAll(): void {
    const { options, commands } = this;
    const isStatic = !this.takesShared();
    const modes: InputModes = { wholeArchive: false, asNeeded: false, static: isStatic, format: "elf" };
    if (commands.startup) this.scriptFile(commands.startup.text, commands.startup.span, modes);
    const early = options.compat === "gnu" ? filesByScript(commands, options.scripts) : undefined;
    for (const [at, item] of options.inputs.entries()) {
      if (early) this.filesOfScripts(early, at, modes);
      this.from = at;
      switch (item.kind) {
        case "file":
          if (this.early.has(item.path)) break;
          this.file(item.path, item.path, item.modes);
          break;
        case "library":
          this.libraryNamed(item.name, item.exact, item.modes, undefined);
          break;
        case "start-group":
          this.extraction.startGroup();
          break;
        case "end-group":
          this.extraction.endGroup();
          break;
        case "start-lib":
          this.extraction.startLibrary();
          break;
        case "end-lib":
          this.extraction.endLibrary();
          break;
        case "symbols":
          this.justSymbols(item.path);
          break;
      }
    }
    this.extraction.endGroup();
    this.extraction.endLibrary();
    if (early) {
      this.filesOfScripts(early, options.inputs.length, modes);
      this.filesOfScript(early.get(-1), options.inputs.length, modes);
    } else {
      this.from = "script";
      for (const input of commands.inputs) this.scriptInput(input, modes);
      this.readDependents(modes);
      this.extraction.extractSeeds();
      this.readDependents(modes);
    }
  }

  finish(): void {
    const { model, commands } = this;
    this.shared?.finish();
    for (const name of this.extraction.seeds.values()) referFromScript(model, name);
    defineScriptSymbols(model, commands);
    declareHeaderSymbol(model);
    bindVersions(model, this.sink.versioned);
    hideSymbols(model, commands.versions);
    if (this.traced.size > 0) traceScripts(model, this.traced, this.report);
    this.extraction.close();
  }

  // Files

  private file(path: string, given: string, modes: InputModes, from?: Span): void {
    this.seen.add(given);
    this.extraction.startFile();
    const known = this.extraction.archive(path);
    if (known && modes.format !== "binary") {
      // GNU ld opened it by itself for the pattern.
      if (this.byPattern.delete(path)) this.note(path, true);
      else if (this.from === "pattern") return;
      else if (this.scriptDepth > 0) this.loaded.push({ path, archive: true, from: this.from });
      this.extraction.searchArchive(known, modes);
      return;
    }
    const opened = this.files.open(path);
    if (isProblem(opened)) {
      // GNU ld opens a directory, and finds no object in it.
      const why = opened.problem === "Is a directory" ? "file format not recognized" : opened.problem;
      this.report.error("LD0304", from, `cannot find ${given}: ${why}`, {
        lld: `cannot open ${given}: ${opened.problem}`,
        unplaced: true,
      });
      return;
    }
    const source: SourceFile = { path, given, offset: 0 };
    if (modes.format === "binary") {
      const bytes = opened.read(0, opened.size);
      opened.close();
      this.note(path, false);
      addBinary(this.model, this.resolver, bytes, source, this.target);
      return;
    }
    const head = opened.read(0, opened.size <= READ_AT_ONCE ? opened.size : 512);
    const kind = identify(head);
    const isArchive = kind === "archive" || kind === "thin-archive";
    const isWhole = !isArchive && head.length === opened.size;
    if (!isWhole) this.model.arena.giveBack(head, 0);
    if (isArchive) {
      this.note(path, true);
      const archive = new LazyArchive(
        path,
        given,
        opened,
        this.files,
        this.model,
        this.report,
        !modes.wholeArchive,
      );
      this.extraction.addArchive(path, archive);
      this.extraction.searchArchive(archive, modes);
      return;
    }
    const bytes = isWhole ? head : opened.read(0, opened.size);
    opened.close();
    switch (kind) {
      case "elf":
        if (isSharedObject(bytes) && this.takesShared())
          this.addShared({ bytes, file: source, name: path }, modes);
        else if (!this.extraction.takesObject({ bytes, file: source, name: path })) {
          this.note(path, false);
          this.addElf({ bytes, file: source, name: path });
        }
        break;
      case "bitcode":
        this.report.error("LD0316", path, "LLVM bitcode is not supported; compile to objects, without -flto");
        break;
      case "text":
        this.implicitScript(path, bytes, modes);
        break;
      case "binary":
        this.report.error("LD0313", path, "file not recognized: file format not recognized", {
          lld: "unknown file type",
          nameless: true,
        });
        break;
    }
  }

  private addShared(member: MemberBytes, modes: InputModes): void {
    const { bytes, file, name } = member;
    if (!isForTarget(this.model, this.target, bytes, name, this.report, true)) return;
    if (modes.static) {
      const message = `attempted static link of dynamic object \`${name}'`;
      this.report.error("LD0315", undefined, message);
      return;
    }
    if (this.sharedInputs().add(bytes, file.path, file.given, modes.asNeeded)) this.note(name, false);
    else {
      // A map lists libraries that are not needed, and what a script among the inputs names though it is known.
      this.loaded.push({ path: name, archive: false, from: this.from });
      this.extraction.passOver(member, modes);
    }
  }

  private noteGroup(group: "START" | "END"): void {
    if (this.scriptDepth > 0) this.loaded.push({ path: "", archive: false, from: this.from, group });
  }

  private note(path: string, archive: boolean): void {
    this.loaded.push({ path, archive, from: this.from });
    if (archive && this.from === "pattern") this.byPattern.add(path);
    const shown = !archive || this.options.compat === "gnu";
    if (this.options.trace && shown) this.report.info("LD0319", undefined, path);
  }

  private addElf(member: MemberBytes): ObjectId {
    const added = addObject(this.sink, member);
    if (!added) return -1;
    if (this.traced.size > 0) traceObject(this.model, added.object, this.traced, this.report);
    this.extraction.afterObject(added);
    this.shared?.afterObject(added.object);
    return added.object.id;
  }

  private justSymbols(path: string): void {
    const opened = this.files.open(path);
    if (isProblem(opened)) {
      this.report.error("LD0304", undefined, `cannot find ${path}: ${opened.problem}`, {
        lld: `cannot open ${path}: ${opened.problem}`,
      });
      return;
    }
    const bytes = opened.read(0, opened.size);
    opened.close();
    this.note(path, false);
    addJustSymbols(this.model, this.resolver, bytes, { path, given: path }, this.target, this.report);
  }

  // Libraries and scripts

  private libraryNamed(name: string, exact: boolean, modes: InputModes, from: Span | undefined): void {
    const { options } = this;
    const given = exact ? `-l:${name}` : `-l${name}`;
    const staticOnly = modes.static || options.kind === "relocatable" || !this.takesShared();
    const path = findLibrary(name, exact, staticOnly, this.paths, this.files, (candidate) =>
      this.accepts(candidate, given),
    );
    if (path !== undefined) {
      this.file(path, given, modes, from);
      return;
    }
    this.report.error("LD0304", from, `cannot find ${given}: No such file or directory`, {
      lld: `unable to find library ${given}`,
      unplaced: true,
      notes: this.paths.length > 0 ? [{ message: `searched in ${this.paths.join(", ")}` }] : [],
    });
  }

  /** A library for another machine is passed over, as in GNU ld. */
  private accepts(path: string, given: string): boolean {
    const opened = this.files.open(path);
    if (isProblem(opened)) return false;
    const head = opened.read(0, 64);
    opened.close();
    if (identify(head) !== "elf" || head.length < 20) return true;
    const identity = readIdentity(head);
    if (typeof identity === "string") return true;
    const machine = head[18] | (head[19] << 8);
    if (machine === this.target.machine && identity.is64 === this.target.is64) return true;
    this.report.info("LD0303", undefined, `skipping incompatible ${path} when searching for ${given}`);
    return false;
  }

  private implicitScript(path: string, bytes: Uint8Array, modes: InputModes): void {
    const text = new TextDecoder().decode(bytes);
    const before = this.report.errorCount;
    if (this.scriptDepth >= MAX_SCRIPT_DEPTH) {
      this.report.error("LD0305", path, "scripts are nested too deeply through INPUT or GROUP");
      return;
    }
    const said = this.report.diagnostics.length;
    const script = this.parse({ name: path, text });
    if (this.report.errorCount > before) {
      // A file that is no script at all is better called so, and first.
      if (script.commands.length === 0) {
        const message = `${this.options.program}:${path}: file format not recognized; treating as linker script`;
        this.report.insertInfo(said, "LD0313", message);
      }
      return;
    }
    this.note(path, false);
    const known = new Set(this.scriptWants());
    const inputs = addImplicitScript(this.commands, script, this.options, this.report);
    const wanted = [...this.scriptWants()].filter((name) => !known.has(name));
    for (const command of script.commands)
      if (command.kind === "extern") wanted.push(...command.symbols.map((name) => name.text));
    for (const name of wanted)
      if (this.sink.lazy) this.extraction.want(name);
      else referFromScript(this.model, name);
    this.paths = searchPaths(this.options, this.commands);
    this.scriptDepth++;
    for (const input of inputs) this.scriptInput(input, modes);
    this.scriptDepth--;
  }

  private scriptInput(input: Input, given: InputModes): void {
    const format = this.commands.inputFormats.get(input);
    const modes = format === undefined ? given : { ...given, format: format === "binary" ? format : "elf" };
    const outer = input.group ? this.extraction.enterGroup() : undefined;
    if (input.group) this.noteGroup("START");
    for (const item of input.items) {
      if (item.kind === "as-needed") {
        for (const file of item.items) this.scriptItem(file, { ...modes, asNeeded: true });
      } else this.scriptItem(item, modes);
    }
    if (input.group) this.noteGroup("END");
    if (input.group) this.extraction.leaveGroup(outer);
  }

  private scriptItem(item: InputFile, modes: InputModes): void {
    const { text } = item.name;
    if (item.library) {
      const exact = text.startsWith(":");
      this.libraryNamed(exact ? text.slice(1) : text, exact, modes, item.span);
    } else this.scriptFile(text, item.span, modes);
  }

  private scriptFile(name: string, span: Span, modes: InputModes): void {
    if (this.options.remaps.length > 0) {
      const other = remapped(name, this.options.remaps);
      if (other !== name) {
        if (other !== "") this.file(other, other, modes, span);
        return;
      }
    }
    // AS_NEEDED names shared libraries, which a static link leaves out without a word if nothing needs them.
    const isInput = this.scriptDepth > 0;
    const path = findScriptInput(name, span.source.name, this.options, this.paths, this.files, isInput);
    if (path !== undefined) {
      if (modes.asNeeded && !this.takesShared() && this.isShared(path)) return;
      this.file(path, name, modes, span);
      return;
    }
    this.report.error("LD0304", span, `cannot find ${name}: No such file or directory`, {
      lld: `unable to find ${name}`,
      unplaced: true,
    });
  }

  private isShared(path: string): boolean {
    const opened = this.files.open(path);
    if (isProblem(opened)) return false;
    const head = opened.read(0, 20);
    opened.close();
    return identify(head) === "elf" && head.length === 20 && head[16] === ET_DYN;
  }

  /** What the scripts of -T name that stand in front of input number `at`. */
  private filesOfScripts(files: ReadonlyMap<number, ScriptFiles>, at: number, modes: InputModes): void {
    for (const [script, position] of this.options.scriptPositions.entries())
      if (position === at) this.filesOfScript(files.get(script), at, modes);
  }

  /**
   * GNU ld reads what INPUT and GROUP name, and each file that a pattern of SECTIONS names without wildcards, where it
   * meets them: a file that the command line names only later comes in front of those between.
   */
  private filesOfScript(files: ScriptFiles | undefined, at: number, modes: InputModes): void {
    this.from = "script";
    for (const input of files?.inputs ?? []) this.scriptInput(input, modes);
    for (const { name, span } of files?.named ?? []) {
      if (this.seen.has(name)) continue;
      const { inputs } = this.options;
      const index = inputs.findIndex((item, i) => i >= at && item.kind === "file" && item.path === name);
      const later = inputs[index];
      this.from = later ? index : "pattern";
      if (later?.kind === "file") {
        this.early.add(name);
        this.file(later.path, later.path, later.modes);
        continue;
      }
      const path = findScriptInput(name, span.source.name, this.options, this.paths, this.files);
      if (path !== undefined) this.file(path, name, modes, span);
      else {
        this.seen.add(name);
        this.report.error("LD0304", span, `cannot find ${name}: No such file or directory`, {
          unplaced: true,
        });
      }
    }
  }

  /** LLD: the libraries that objects name, as if they stood at the end of the line; each once. */
  private readDependents(modes: InputModes): void {
    const { dependents } = this.sink;
    for (let next = dependents.shift(); next; next = dependents.shift()) {
      const { specifier, from } = next;
      if (this.specifiers.has(specifier)) continue;
      this.specifiers.add(specifier);
      const beside = this.files.isFile(specifier) ? specifier : undefined;
      const path =
        beside ??
        findLibrary(specifier, true, true, this.paths, this.files, () => true) ??
        findLibrary(specifier, false, modes.static, this.paths, this.files, () => true);
      if (path !== undefined) this.file(path, path, modes);
      else {
        const message = `unable to find library from dependent library specifier: ${specifier}`;
        this.report.error("LD0304", from, message);
      }
    }
  }
}
