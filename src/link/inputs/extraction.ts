import type { NameId } from "../../binary/index.ts";
import { demangle } from "../../demangle/index.ts";
import { identify, STB_WEAK } from "../../elf/index.ts";
import {
  type InputModes,
  type LinkModel,
  type LinkOptions,
  type ObjectId,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { compileGlob, isValidGlob } from "../../script/index.ts";
import type { ScriptCommands } from "../statements/commands.ts";
import { NameMap } from "../symbols/resolve.ts";
import {
  definesProperly,
  type LazyArchive,
  type LazyInput,
  LazyObjects,
  type MemberBytes,
  type ScanContext,
  scanArchive,
  type Wanted,
  wants,
} from "./archives.ts";
import type { AddedObject, ObjectSink } from "./read-object.ts";

// Archives, and objects between --start-lib and --end-lib: what they could
// define, in which order they are searched, and which members join the link.
// Two ways of treating them exist:
//
//   GNU ld  searches an archive at its place in the line, for what is undefined
//           by then; inside --start-group … --end-group again and again;
//   LLD     remembers what every archive could define, and takes a member as
//           soon as anything, earlier or later, refers to it.

/** Who reads the files of the command line, and adds what is extracted. */
export interface Loader {
  /** Whether a shared object that is linked defines a name. */
  definesShared(name: NameId): boolean;
  /** Adds an object to the link; -1 if it is unusable. */
  addElf(member: MemberBytes): ObjectId;
  addShared(member: MemberBytes, modes: InputModes): void;
}

/** A member that is taken, for a symbol or a name. It is put into words only when somebody asks: names are bytes until then. */
class Taken implements Wanted {
  readonly object: ObjectId;
  readonly by: ObjectId;
  symbol: SymbolId;
  private readonly model: LinkModel;
  private readonly name: NameId;

  constructor(model: LinkModel, symbol: SymbolId, name: NameId) {
    const { symbols } = model;
    this.model = model;
    this.object = model.objects.length;
    this.symbol = symbol;
    this.name = symbol === 0 ? name : symbols.name[symbol];
    this.by = symbol === 0 ? -1 : symbols.object[symbol];
  }

  shown(): string {
    const text = this.model.names.text(this.name);
    return this.model.options.demangle ? demangle(text, "llvm") : text;
  }

  because(): string {
    const wanted = this.model.names.text(this.name);
    if (this.by >= 0) return `${this.model.objects[this.by].name} refers to ${wanted}`;
    return wanted === "" ? "--whole-archive" : `the command line or the script refers to ${wanted}`;
  }
}

export class Extraction {
  private readonly sink: ObjectSink;
  private readonly model: LinkModel;
  private readonly options: LinkOptions;
  private readonly loader: Loader;
  private readonly scan: ScanContext;
  /** By path: an archive named again goes on where it was left. */
  private readonly archives = new Map<string, LazyArchive>();
  /** The archives of the group that is being read, in order. */
  private group: LazyInput[] | undefined;
  /** LLD: what `lazy` numbers (from 1) stand for. */
  private readonly lazyInput: LazyInput[] = [];
  private readonly lazyMember: number[] = [];
  /** The objects since --start-lib. */
  private library: MemberBytes[] | undefined;
  /** LLD: names that the command line and the script want. */
  readonly seeds = new Map<NameId, string>();
  /** LLD: those among them that are wanted from the beginning; the others once all inputs are read. */
  private readonly early = new Set<NameId>();
  /** --warn-backrefs: the place of a file in the line; a group has one place. */
  private rank = 0;
  private readonly rankOf: number[] = [];
  private readonly inputRank = new Map<LazyInput, number>();
  /** In the group that is being read: shared objects that nothing needed. */
  private passedOver: { readonly member: MemberBytes; readonly modes: InputModes }[] | undefined;
  /** Lists of wanted symbols, the innermost last: a stack of our own, since chains of members can be long. */
  private readonly pending: { readonly wanted: readonly SymbolId[]; readonly by: ObjectId; next: number }[] =
    [];
  private extracting = false;

  constructor(sink: ObjectSink, options: LinkOptions, commands: ScriptCommands, loader: Loader) {
    this.sink = sink;
    this.model = sink.model;
    this.options = options;
    this.loader = loader;
    const { names } = this.model;
    const assigned = new NameMap();
    for (const [name, list] of commands.assignments)
      if (list.some(({ assignment }) => !assignment.provide)) assigned.set(names.addString(name), 1);
    this.scan = {
      model: this.model,
      discarded: sink.resolver.discarded,
      isAssigned: (name) => assigned.get(name) !== 0 || loader.definesShared(name),
      extract: (input, member, symbol) => this.extract(input, member, symbol),
    };
  }

  /** LLD: a name that is wanted once all inputs are read. */
  want(name: string): void {
    this.seeds.set(this.model.names.addString(name), name);
  }

  /** LLD: a name that is wanted from the beginning. */
  wantEarly(name: string): void {
    this.early.add(this.model.names.addString(name));
  }

  // What the command line has, in its order

  startFile(): void {
    if (!this.group && !this.library) this.rank++;
  }

  /** The archive of this path, if it was named before. */
  archive(path: string): LazyArchive | undefined {
    return this.archives.get(path);
  }

  addArchive(path: string, archive: LazyArchive): void {
    this.archives.set(path, archive);
  }

  /** Between --start-lib and --end-lib: keeps an object until something needs it. */
  takesObject(member: MemberBytes): boolean {
    this.library?.push(member);
    return this.library !== undefined;
  }

  passOver(member: MemberBytes, modes: InputModes): void {
    this.passedOver?.push({ member, modes });
  }

  /** An object is in the link now: takes what it wants. */
  afterObject({ object, wanted }: AddedObject): void {
    if (this.options.warnBackrefs) this.rankOf[object.id] = this.rank;
    if (wanted.length > 0) this.extractWanted(wanted, object.id);
  }

  startGroup(): void {
    this.group ??= [];
    this.passedOver = [];
    this.rank++;
  }

  startLibrary(): void {
    this.library = [];
    this.rank++;
  }

  /** A script's GROUP begins; gives what `leaveGroup` needs. */
  enterGroup(): LazyInput[] | undefined {
    const outer = this.group;
    if (!outer) this.rank++;
    this.group = [];
    this.passedOver ??= [];
    return outer;
  }

  leaveGroup(outer: LazyInput[] | undefined): void {
    const inner = this.group ?? [];
    this.endGroup();
    this.group = outer;
    outer?.push(...inner);
  }

  close(): void {
    for (const archive of this.archives.values()) archive.close();
  }

  searchArchive(archive: LazyArchive, modes: InputModes): void {
    if (modes.wholeArchive) {
      for (const member of archive.all()) {
        if (archive.taken.has(member.header)) continue;
        archive.taken.add(member.header);
        this.extract(archive, member.header, 0);
      }
      return;
    }
    this.searchLazy(archive);
  }

  private searchLazy(input: LazyInput): void {
    if (this.options.warnBackrefs) this.inputRank.set(input, this.rank);
    if (this.sink.lazy) this.registerLazy(input, this.sink.lazy);
    else {
      scanArchive(input, this.scan);
      this.group?.push(input);
    }
  }

  endGroup(): void {
    const { group } = this;
    this.group = undefined;
    if (!group) return;
    for (let again = true; again; ) {
      again = false;
      for (const input of group) if (scanArchive(input, this.scan)) again = true;
      if (again && this.passedOver) this.retryPassedOver(this.passedOver.splice(0));
    }
    this.passedOver = undefined;
  }

  /** In a group, shared objects that nothing needed are looked at again, as archives are. */
  private retryPassedOver(
    again: readonly { readonly member: MemberBytes; readonly modes: InputModes }[],
  ): void {
    for (const { member, modes } of again) this.loader.addShared(member, modes);
  }

  endLibrary(): void {
    const { library } = this;
    this.library = undefined;
    if (library && library.length > 0) this.searchLazy(new LazyObjects(library, this.model));
  }

  /** LLD: notes what an archive could define; takes at once what is wanted already. */
  private registerLazy(input: LazyInput, lazy: NameMap): void {
    const { symbols } = this.model;
    for (let i = 0; i < input.count; i++) {
      const name = input.names[i];
      const symbol = symbols.global(name);
      const member = input.members[i];
      const place = symbol === 0 ? SymbolSection.undefined : symbols.section[symbol];
      const isSeed = symbol === 0 && this.early.has(name) && !this.scan.isAssigned(name);
      if (isSeed || (symbol !== 0 && place === SymbolSection.undefined && wants(symbol, this.scan))) {
        if (!input.taken.has(member)) {
          input.taken.add(member);
          this.extract(input, member, symbol, name);
        }
      } else if (place === SymbolSection.common) {
        if (!input.taken.has(member) && definesProperly(input, member, name, this.model)) {
          input.taken.add(member);
          this.extract(input, member, symbol);
        }
      } else if (place === SymbolSection.undefined && lazy.get(name) === 0) {
        this.lazyInput.push(input);
        lazy.set(name, this.lazyMember.push(member));
      }
    }
  }

  /** LLD, --warn-backrefs: GNU ld would not have found this definition. */
  private warnBackReference(symbol: SymbolId, by: ObjectId, input: LazyInput): void {
    const { symbols, names, objects } = this.model;
    if (symbols.info[symbol] >> 4 === STB_WEAK) return;
    const name = names.text(symbols.name[symbol]);
    const message = `backward reference detected: ${name} in ${objects[by].name} refers to ${input.path}`;
    this.sink.report.warning("LD0320", undefined, message);
  }

  /** LLD: takes the members for -u, the entry symbol and --undefined-glob, all inputs being known. */
  extractSeeds(): void {
    const { lazy } = this.sink;
    const { symbols, names } = this.model;
    if (!lazy) return;
    const globs: ((name: string) => boolean)[] = [];
    for (const pattern of this.options.undefinedGlobs) {
      if (isValidGlob(pattern)) globs.push(compileGlob(pattern));
      else this.sink.report.error("LD0321", undefined, `--undefined-glob: invalid glob pattern: ${pattern}`);
    }
    const wanted = [...this.seeds.keys()];
    if (globs.length > 0)
      for (let name = 1; name < names.count; name++)
        if (lazy.get(name) !== 0 && globs.some((matches) => matches(names.text(name)))) wanted.push(name);
    for (const name of wanted) {
      const entry = lazy.get(name);
      const symbol = symbols.global(name);
      if (entry === 0 || this.scan.isAssigned(name)) continue;
      if (symbol !== 0 && symbols.section[symbol] !== SymbolSection.undefined) continue;
      const input = this.lazyInput[entry - 1];
      const member = this.lazyMember[entry - 1];
      if (input.taken.has(member)) continue;
      input.taken.add(member);
      this.extract(input, member, symbol, name);
    }
  }

  /** LLD: takes the members that define symbols just referred to, depth first. */
  private extractWanted(wanted: readonly SymbolId[], by: ObjectId): void {
    const { symbols } = this.model;
    const lazy = this.sink.lazy;
    if (!lazy) return;
    this.pending.push({ wanted, by, next: 0 });
    if (this.extracting) return;
    this.extracting = true;
    for (let top = this.pending.at(-1); top; top = this.pending.at(-1)) {
      if (top.next >= top.wanted.length) {
        this.pending.pop();
        continue;
      }
      const symbol = top.wanted[top.next++];
      const entry = lazy.get(symbols.name[symbol]);
      if (entry === 0 || !wants(symbol, this.scan)) continue;
      const input = this.lazyInput[entry - 1];
      const member = this.lazyMember[entry - 1];
      if (input.taken.has(member)) continue;
      input.taken.add(member);
      const outer = this.rank;
      this.rank = this.inputRank.get(input) ?? outer;
      this.extract(input, member, symbol);
      if (this.rank < (this.rankOf[top.by] ?? 0)) this.warnBackReference(symbol, top.by, input);
      this.rank = outer;
    }
    this.extracting = false;
  }

  /** Adds a member to the link for a symbol, or for a name that has none yet; without both for --whole-archive. */
  private extract(input: LazyInput, header: number, symbol: SymbolId, name: NameId = 0): void {
    const { model } = this;
    const { symbols, trace } = model;
    const extraction = new Taken(model, symbol, name);
    const member = input.read(header, extraction);
    if (!member) return;
    const kind = identify(member.bytes);
    if (kind !== "elf") {
      if (kind === "bitcode")
        this.sink.report.error(
          "LD0316",
          member.name,
          "LLVM bitcode is not supported; compile to objects, without -flto",
        );
      else
        this.sink.report.error(
          "LD0313",
          undefined,
          `${member.file.path}: member ${member.name} in archive is not an object`,
          {
            lld: `${member.name}: not an ELF file`,
          },
        );
      return;
    }
    if (this.options.trace) this.traceMember(member);
    // Noted before the object joins the model, and with it perhaps what it wants in turn.
    const at = trace.extractions.length;
    trace.extractions.push(extraction);
    if (this.loader.addElf(member) < 0) trace.extractions.splice(at, 1);
    else if (symbol === 0 && name !== 0) extraction.symbol = symbols.global(name);
  }

  /** --trace: GNU ld names an archive's members only when asked twice; those of thin archives are files. */
  private traceMember({ file, name }: MemberBytes): void {
    const { compat, traceMembers } = this.options;
    if (compat === "lld" || file.member === undefined) this.sink.report.info("LD0319", undefined, name);
    else if (!name.startsWith(`${file.path}(`)) this.sink.report.info("LD0319", undefined, name);
    else if (traceMembers) this.sink.report.info("LD0319", undefined, `(${file.path})${file.member}`);
  }

  archivesWith(symbol: string): readonly string[] {
    const name = this.model.names.find(symbol);
    if (name < 0) return [];
    const found: string[] = [];
    for (const [path, archive] of this.archives) if (archive.names.includes(name)) found.push(path);
    return found;
  }
}
