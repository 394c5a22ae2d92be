import type { NameId } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import {
  ET_DYN,
  readIdentity,
  SHN_ABS,
  SHN_UNDEF,
  STB_LOCAL,
  STB_WEAK,
  STT_FUNC,
  STT_GNU_IFUNC,
  STV_HIDDEN,
  STV_INTERNAL,
} from "../../elf/index.ts";
import { type FileSystem, isProblem } from "../../files/index.ts";
import {
  DynamicLink,
  type InputObject,
  type LinkModel,
  Mention,
  type SharedLibrary,
  SymbolFlag,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import type { Target } from "../../targets/index.ts";
import { directoriesForNeeded } from "./needed-paths.ts";
import { readSharedObject, type SharedFile } from "./shared-object.ts";
import { type SharedSymbol, sharedSymbol, versionOf } from "./shared-symbol.ts";

// Shared objects on the command line. A name that one of them defines is no
// reason any more to search archives, and a relocatable object's definition
// always goes before theirs; so they need no rows for their symbols: a table
// from names to definitions says who has a name first, and what a symbol that
// is undefined otherwise is bound to.
//
// A symbol that both sides mention will be in .dynsym. When that is found out
// decides the order of .dynstr, so it is noted at once, as GNU ld does.

/** Reads shared objects into `model.dynamic`. */
export class SharedInputs {
  readonly dynamic: DynamicLink;
  private readonly model: LinkModel;
  private readonly files: FileSystem;
  private readonly report: Report;
  private readonly target: Target;
  private readonly searchDirs: () => readonly string[];
  /** Variables of shared objects that are weak, to the strong ones at their places. */
  private readonly aliases = new Map<NameId, NameId>();
  /** DT_NEEDED of what was read, in order. */
  private readonly wanted: { readonly name: string; readonly by: SharedLibrary }[] = [];
  private readonly given = new Set<string>();

  constructor(
    model: LinkModel,
    files: FileSystem,
    report: Report,
    target: Target,
    searchDirs: () => readonly string[],
  ) {
    this.model = model;
    this.files = files;
    this.report = report;
    this.target = target;
    this.searchDirs = searchDirs;
    if (!target.dynamic) throw new Error(`${target.name} has no dynamic executables`);
    this.dynamic = new DynamicLink(target.dynamic.facts);
    // A link with fixed addresses is a static one until a shared object takes part.
    if (model.options.kind === "pie") model.dynamic = this.dynamic;
  }

  /** Whether a shared object, and no relocatable one, defines a name. */
  defines(name: NameId): boolean {
    return this.dynamic.definition(name) !== 0;
  }

  /** Takes part in the link, unless it is only wanted `asNeeded` and nothing needs it; false then. */
  add(bytes: Uint8Array, path: string, given: string, asNeeded: boolean): boolean {
    const identity = readIdentity(bytes);
    if (typeof identity === "string") return true;
    const file = readSharedObject(bytes, identity.is64, path, given);
    if (typeof file === "string") {
      this.report.error("LD0322", path, `file not recognized: ${file}`);
      return true;
    }
    if (file.isPie) {
      this.report.error("LD0315", undefined, `cannot use executable file '${path}' as input to a link`);
      return true;
    }
    if (this.dynamic.libraries.some(({ soname }) => soname === file.soname)) return true;
    const names = this.nameSymbols(file);
    if (names === undefined) return true;
    if (asNeeded && !this.isNeeded(file, names)) return false;
    this.given.add(given);
    this.register(file, names, false);
    return true;
  }

  private nameSymbols(file: SharedFile): Int32Array | undefined {
    const { bytes, stringsOffset, stringsEnd, symbolCount, firstGlobal } = file;
    const names = new Int32Array(symbolCount);
    if (symbolCount > firstGlobal && (stringsEnd === stringsOffset || bytes[stringsEnd - 1] !== 0)) {
      this.report.error("LD0322", file.path, "file not recognized: the names of symbols do not end");
      return undefined;
    }
    const { symbolsOffset, view, is64 } = file;
    const entry = is64 ? 24 : 16;
    for (let i = firstGlobal; i < symbolCount; i++) {
      const at = stringsOffset + view.getUint32(symbolsOffset + i * entry, true);
      if (at >= stringsEnd) {
        this.report.error("LD0322", file.path, `file not recognized: symbol ${i} has no name`);
        return undefined;
      }
      names[i] = this.model.names.addTerminated(bytes, at);
    }
    return names;
  }

  /** --as-needed: whether it defines what is undefined and somebody must have. */
  private isNeeded(file: SharedFile, names: Int32Array): boolean {
    const { symbols } = this.model;
    const { dynamic } = this;
    for (let i = file.firstGlobal; i < file.symbolCount; i++) {
      const entry = sharedSymbol(file, i);
      if (entry.section === SHN_UNDEF || entry.binding === STB_LOCAL || entry.hidden) continue;
      const name = names[i];
      if (dynamic.definition(name) !== 0) continue;
      const symbol = symbols.global(name);
      if (symbol !== 0) {
        if (symbols.section[symbol] !== SymbolSection.undefined) continue;
        if (isStrongReference(this.model, symbol)) {
          this.noteNeeded(file, entry, name, this.model.objects[symbols.object[symbol]]?.name);
          return true;
        }
      }
      if ((dynamic.mention(name) & Mention.strongly) === 0) continue;
      if (this.wanted.some((needed) => needed.name === file.soname)) continue;
      this.noteNeeded(file, entry, name, undefined);
      return true;
    }
    return false;
  }

  private noteNeeded(file: SharedFile, entry: SharedSymbol, name: NameId, by: string | undefined): void {
    const { names, trace } = this.model;
    const version = versionOf(file, entry);
    const symbol = names.text(name) + (version === "" ? "" : `@@${version}`);
    trace.neededLibraries.push({ soname: file.soname, by: by ?? this.referrerOf(name), symbol });
  }

  /** The first library that refers to a symbol. */
  private referrerOf(name: NameId): string {
    for (const { path, names, firstGlobal } of this.dynamic.libraries)
      if (names.indexOf(name, firstGlobal) >= 0) return path;
    return "";
  }

  private register(file: SharedFile, names: Int32Array, implied: boolean): void {
    const { dynamic, model } = this;
    const number = dynamic.libraries.length;
    const library: SharedLibrary = {
      ...file,
      names,
      globalsBefore: model.symbols.globals().length,
      implied,
    };
    dynamic.libraries.push(library);
    model.dynamic = dynamic;
    for (const name of file.needed) this.wanted.push({ name, by: library });
    const weak: number[] = [];
    for (let i = file.firstGlobal; i < file.symbolCount; i++) {
      const entry = sharedSymbol(file, i);
      if (entry.binding === STB_LOCAL) continue;
      if (entry.section === SHN_UNDEF) this.refer(library, i, entry);
      else if (this.define(library, number, i, entry) && entry.binding === STB_WEAK && !isCode(entry.type))
        weak.push(i);
    }
    if (weak.length > 0) this.findAliases(library, number, weak);
  }

  private refer(library: SharedLibrary, index: number, entry: SharedSymbol): void {
    const { dynamic, model } = this;
    // A reference to a version is one to whoever defines that version.
    if (entry.version > 1 && library.imports.has(entry.version)) return;
    const name = library.names[index];
    const strong = entry.binding === STB_WEAK ? 0 : Mention.strongly;
    dynamic.addMention(name, Mention.referred | strong);
    const symbol = model.symbols.global(name);
    if (symbol !== 0 && isMentionedByObject(model, symbol)) this.record(symbol);
  }

  /** Whether the definition is the one that its name stands for. */
  private define(library: SharedLibrary, number: number, index: number, entry: SharedSymbol): boolean {
    const { dynamic, model } = this;
    const { symbols } = model;
    const name = library.names[index];
    if (entry.hidden) {
      dynamic.addMention(name, Mention.hidden);
      return false;
    }
    const symbol = symbols.global(name);
    if (symbol !== 0 && symbols.section[symbol] !== SymbolSection.undefined) {
      dynamic.addMention(name, Mention.referred | Mention.strongly);
      const visibility = symbols.other[symbol] & 3;
      if (visibility !== STV_HIDDEN && visibility !== STV_INTERNAL) this.record(symbol);
      return false;
    }
    if (dynamic.definition(name) !== 0) return false;
    dynamic.define(name, number, index);
    dynamic.addMention(name, Mention.defined);
    if (symbol === 0 || !isMentionedByObject(model, symbol)) return true;
    if (library.implied && isStrongReference(model, symbol)) this.reportMissing(library, symbol, entry);
    this.record(symbol);
    return true;
  }

  private reportMissing(library: SharedLibrary, symbol: SymbolId, entry: SharedSymbol): void {
    const { symbols, names, objects } = this.model;
    const version = versionOf(library, entry);
    const name = `${names.text(symbols.name[symbol])}${version === "" ? "" : `@@${version}`}`;
    const by = objects[symbols.object[symbol]]?.name;
    this.report.error("LD0408", by, `undefined reference to symbol '${name}'`, {
      notes: [{ message: `${library.path}: error adding symbols: DSO missing from command line` }],
    });
  }

  /** What GNU ld calls weak aliases: two names of one variable, of which the strong one is the real one. */
  private findAliases(library: SharedLibrary, number: number, weak: readonly number[]): void {
    const { dynamic, model } = this;
    const key = ({ section, valueLow, valueHigh }: SharedSymbol) => `${section}:${valueHigh}:${valueLow}`;
    const places = new Map<string, { index: number; size: number } | undefined>();
    for (const index of weak) places.set(key(sharedSymbol(library, index)), undefined);
    for (let i = library.firstGlobal; i < library.symbolCount; i++) {
      const entry = sharedSymbol(library, i);
      if (entry.binding === STB_WEAK || entry.section === SHN_UNDEF || isCode(entry.type)) continue;
      const place = key(entry);
      if (!places.has(place)) continue;
      const definition = dynamic.definition(library.names[i]);
      if (definition === 0 || dynamic.definitionLibrary[definition] !== number) continue;
      const best = places.get(place);
      if (!best || entry.size >= best.size) places.set(place, { index: i, size: entry.size });
    }
    for (const index of [...weak].reverse()) {
      const strong = places.get(key(sharedSymbol(library, index)));
      if (!strong) continue;
      const [weakName, strongName] = [library.names[index], library.names[strong.index]];
      this.aliases.set(weakName, strongName);
      const symbols = model.symbols;
      const isDynamic = (name: NameId) => dynamic.recorded.has(symbols.global(name));
      if (isDynamic(weakName) || isDynamic(strongName)) this.recordAlias(weakName, strongName);
    }
  }

  private recordAlias(weak: NameId, strong: NameId): void {
    const { symbols } = this.model;
    const [alias, real] = [symbols.addGlobal(weak), symbols.addGlobal(strong)];
    this.dynamic.aliasOf.set(alias, real);
    this.record(alias);
    this.record(real);
  }

  /** Once the symbols of an object are read: those that shared objects mention are dynamic. */
  afterObject(object: InputObject): void {
    const { dynamic, model } = this;
    const { symbols } = model;
    if (dynamic.libraries.length === 0) return;
    for (let i = object.firstGlobal; i < object.symbolIds.length; i++) {
      const symbol = object.symbolIds[i];
      const name = symbols.name[symbol];
      if (dynamic.mention(name) === 0) continue;
      if ((dynamic.mention(name) & (Mention.referred | Mention.defined)) === 0) continue;
      this.record(symbol);
      const strong = this.aliases.get(name);
      if (strong !== undefined && symbols.section[symbol] === SymbolSection.undefined)
        this.recordAlias(name, strong);
    }
  }

  private record(symbol: SymbolId): void {
    recordDynamic(this.model, this.dynamic, symbol);
  }

  /** When all inputs are read: what the shared objects need themselves, and references to versions. */
  finish(): void {
    const { dynamic } = this;
    if (dynamic.libraries.length > 0) {
      if (this.model.options.shlibUndefined !== "ignore") this.readNeeded();
      this.bindVersions();
    }
    dynamic.whenRead = [...dynamic.recorded];
  }

  /** Reads what is needed beyond the command line, to know what is defined; GNU ld looks where the loader would. */
  private readNeeded(): void {
    const seen = new Set<string>();
    for (let i = 0; i < this.wanted.length; i++) {
      const { name, by } = this.wanted[i];
      if (seen.has(name)) continue;
      seen.add(name);
      if (this.given.has(name) || this.dynamic.libraries.some(({ soname }) => soname === name)) continue;
      const file = this.findNeeded(name, by);
      if (file === undefined) {
        const message = `${name}, needed by ${by.path}, not found (try using -rpath or -rpath-link)`;
        this.report.warning("LD0323", undefined, message);
        continue;
      }
      if (this.dynamic.libraries.some(({ soname }) => soname === file.soname)) continue;
      const names = this.nameSymbols(file);
      if (names) this.register(file, names, true);
    }
  }

  private findNeeded(name: string, by: SharedLibrary): SharedFile | undefined {
    const { model, files, target } = this;
    if (name.includes("/")) return this.openShared(name, name);
    for (const directory of directoriesForNeeded(
      model.options,
      files,
      by.runpath,
      this.searchDirs(),
      target,
    )) {
      const file = this.openShared(`${directory}/${name}`, name);
      if (file) return file;
    }
    return undefined;
  }

  private openShared(path: string, given: string): SharedFile | undefined {
    const opened = this.files.open(path);
    if (isProblem(opened)) return undefined;
    const bytes = opened.read(0, opened.size);
    opened.close();
    const identity = readIdentity(bytes);
    if (typeof identity === "string" || bytes.length < 20 || !identity.littleEndian) return undefined;
    const { is64, machine } = this.target;
    if (identity.is64 !== is64 || (bytes[18] | (bytes[19] << 8)) !== machine) return undefined;
    if ((bytes[16] | (bytes[17] << 8)) !== ET_DYN) return undefined;
    const file = readSharedObject(bytes, is64, path, given);
    return typeof file === "string" ? undefined : file;
  }

  /** References to `foo@V`. */
  private bindVersions(): void {
    const { model, dynamic } = this;
    const { symbols, names } = model;
    for (const symbol of symbols.globals().slice()) {
      if (symbols.section[symbol] !== SymbolSection.undefined) continue;
      const name = symbols.name[symbol];
      if (!names.bytes(name).includes(0x40)) continue;
      const text = names.text(name);
      const at = text.indexOf("@");
      const base = names.find(text.slice(0, at));
      const version = text.slice(at).replace(/^@+/, "");
      if (base < 0) continue;
      for (const [number, library] of dynamic.libraries.entries()) {
        const index = findVersion(library, base, version);
        if (index < 0) continue;
        dynamic.definitionIndex.push(index);
        dynamic.bound.set(symbol, dynamic.definitionLibrary.push(number) - 1);
        dynamic.addMention(name, Mention.defined);
        this.record(symbol);
        break;
      }
    }
  }
}

function findVersion(library: SharedLibrary, name: NameId, version: string): number {
  for (let i = library.firstGlobal; i < library.symbolCount; i++) {
    if (library.names[i] !== name) continue;
    const entry = sharedSymbol(library, i);
    if (entry.section !== SHN_UNDEF && versionOf(library, entry) === version) return i;
  }
  return -1;
}

/** Puts a symbol into .dynsym, or makes it local where its visibility says so. */
export function recordDynamic(model: LinkModel, dynamic: DynamicLink, symbol: SymbolId): void {
  const { symbols } = model;
  const visibility = symbols.other[symbol] & 3;
  const isHidden = visibility === STV_HIDDEN || visibility === STV_INTERNAL;
  if (isHidden && symbols.section[symbol] !== SymbolSection.undefined) {
    symbols.flags[symbol] |= SymbolFlag.forcedLocal;
    dynamic.recorded.delete(symbol);
    return;
  }
  dynamic.recorded.add(symbol);
}

/** Whether a relocatable object mentions a symbol: the command line and the script do not count. */
export function isMentionedByObject({ symbols }: LinkModel, symbol: SymbolId): boolean {
  return symbols.object[symbol] >= 0 || (symbols.flags[symbol] & SymbolFlag.inObject) !== 0;
}

function isStrongReference(model: LinkModel, symbol: SymbolId): boolean {
  const { symbols } = model;
  return (
    isMentionedByObject(model, symbol) &&
    (symbols.flags[symbol] & SymbolFlag.strongReference) !== 0 &&
    symbols.section[symbol] === SymbolSection.undefined
  );
}

function isCode(type: number): boolean {
  return type === STT_FUNC || type === STT_GNU_IFUNC;
}

/** SHN_ABS symbols of libraries that name a version. */
export function namesVersion({ section, type }: SharedSymbol): boolean {
  return section === SHN_ABS && !isCode(type);
}
