import { Archive, type ArchiveMember } from "../../archive/index.ts";
import type { NameId } from "../../binary/index.ts";
import { int32Column } from "../../binary/index.ts";
import type { Report } from "../../diagnostics/index.ts";
import { identify, readIdentity, symbol32, symbol64 } from "../../elf/index.ts";
import { type FileSystem, isProblem, type RandomAccess } from "../../files/index.ts";
import {
  type LinkModel,
  type SectionId,
  type SourceFile,
  type SymbolId,
  SymbolSection,
} from "../../model/index.ts";
import { definedSymbols } from "./object-symbols.ts";

/** What a member is wanted for, as messages show it. */
export interface Wanted {
  shown(): string;
}

/** A member that was read: what to add to the link. */
export interface MemberBytes {
  readonly bytes: Uint8Array;
  readonly file: SourceFile;
  /** `libc.a(printf.o)`. */
  readonly name: string;
}

/**
 * A thing whose members join the link only when a symbol is wanted of them: an
 * archive, or the objects between --start-lib and --end-lib. Entry `i` says
 * that `names[i]` is defined by the member `members[i]`.
 */
export interface LazyInput {
  readonly path: string;
  readonly count: number;
  readonly names: Int32Array;
  readonly members: Float64Array;
  /** Members that joined the link already. */
  readonly taken: Set<number>;
  /** Reads a member; reports and returns undefined when that fails. */
  read(member: number, wantedFor?: Wanted): MemberBytes | undefined;
  readonly wholeArchive: boolean;
}

/** A member with its contents in the archive. Few of hundreds are asked for their names. */
class MemberInArchive implements MemberBytes, SourceFile {
  readonly bytes: Uint8Array;
  readonly path: string;
  readonly given: string;
  readonly offset: number;
  private readonly entry: ArchiveMember;

  constructor({ path, given }: { path: string; given: string }, entry: ArchiveMember, bytes: Uint8Array) {
    this.bytes = bytes;
    this.path = path;
    this.given = given;
    this.offset = entry.offset;
    this.entry = entry;
  }

  get file(): SourceFile {
    return this;
  }

  get member(): string {
    return this.entry.name;
  }

  get name(): string {
    return `${this.path}(${this.entry.name})`;
  }
}

/** An archive, its index interned, its members read when asked for. */
export class LazyArchive implements LazyInput {
  readonly path: string;
  readonly wholeArchive = false;
  readonly taken = new Set<number>();
  readonly count: number;
  readonly names: Int32Array;
  readonly members: Float64Array;
  private readonly archive: Archive;
  private readonly isGnu: boolean;
  readonly given: string;
  private readonly files: FileSystem;
  private readonly report: Report;
  private readonly nested = new Map<string, Archive>();
  private readonly open: RandomAccess[] = [];

  constructor(
    path: string,
    given: string,
    file: RandomAccess,
    files: FileSystem,
    model: LinkModel,
    report: Report,
    needIndex: boolean,
  ) {
    this.path = path;
    this.given = given;
    this.files = files;
    this.report = report;
    this.archive = new Archive(file, false);
    this.isGnu = model.options.compat === "gnu";
    this.open.push(file);
    const { problem, index } = this.archive;
    if (problem) this.malformed(problem);
    if (index) {
      this.members = index.member;
      this.names = int32Column(index.count);
      const { names: bytes, nameOffset, nameLength } = index;
      const { names } = model;
      let { count } = index;
      if (nameOffset.length > 0)
        for (let i = 0; i < count; i++) this.names[i] = names.add(bytes, nameOffset[i], nameLength[i]);
      else count = names.addList(bytes, this.names);
      if (count < index.count) this.malformed("the symbol index is damaged");
      this.count = count < index.count ? 0 : count;
      model.arena.giveBack(index.bytes, 0);
      return;
    }
    const found: { name: NameId; member: number }[] = [];
    if (needIndex && !problem) {
      const members = this.all();
      // GNU ld refuses an archive without an index; reading the members' symbols serves as well, as LLD does.
      for (const member of members) {
        const contents = this.read(member.header);
        if (contents)
          for (const name of definedSymbols(contents.bytes, model.names))
            found.push({ name, member: member.header });
      }
      const objects = found.length > 0 || members.length === 0;
      if (model.options.compat === "gnu" && members.length > 0 && objects)
        report.warning("LD0318", path, "archive has no index; run ranlib to add one", {
          notes: [{ message: "the symbols of its members were read instead" }],
        });
    }
    this.count = found.length;
    this.names = Int32Array.from(found, (entry) => entry.name);
    this.members = Float64Array.from(found, (entry) => entry.member);
  }

  /** All members, in order. */
  all(): ArchiveMember[] {
    return this.archive.members((problem) => this.malformed(problem));
  }

  private malformed(problem: string): void {
    this.report.error("LD0317", this.path, `malformed archive: ${problem}`, {
      lld: `failed to parse archive: truncated or malformed archive (${problem})`,
    });
  }

  read(header: number, wantedFor?: Wanted): MemberBytes | undefined {
    if (!this.archive.thin) {
      const extracted = this.archive.extract(header);
      if (typeof extracted === "string") {
        this.malformed(extracted);
        return undefined;
      }
      return new MemberInArchive(this, extracted.member, extracted.bytes);
    }
    const member = this.archive.member(header);
    if (typeof member === "string") {
      this.malformed(member);
      return undefined;
    }
    const path = member.name.startsWith("/") ? member.name : directoryOf(this.path) + member.name;
    const isWhole = member.nested === undefined;
    const offset = isWhole ? 0 : undefined;
    const file = { path: this.path, given: this.given, member: member.name, offset, contents: path };
    const bytes =
      member.nested === undefined ? this.readWhole(path, wantedFor) : this.readNested(path, member.nested);
    // GNU ld knows a thin archive's member by its own path only.
    const name = this.isGnu ? path : `${this.path}(${member.name})`;
    return bytes && { bytes, file, name };
  }

  private readWhole(path: string, wantedFor: Wanted | undefined): Uint8Array | undefined {
    const file = this.files.open(path);
    if (isProblem(file)) {
      const symbol = wantedFor?.shown() ?? "";
      this.report.error("LD0317", this.path, `could not open the member ${path}: ${file.problem}`, {
        lld: `could not get the buffer for ${symbol === "" ? "a child of the archive" : `the member defining symbol ${symbol}`}: '${path}': ${file.problem}`,
      });
      return undefined;
    }
    const bytes = file.read(0, file.size);
    file.close();
    return bytes;
  }

  private readNested(path: string, header: number): Uint8Array | undefined {
    let archive = this.nested.get(path);
    if (!archive) {
      const file = this.files.open(path);
      if (isProblem(file)) {
        this.report.error("LD0317", this.path, `could not open the nested archive ${path}: ${file.problem}`);
        return undefined;
      }
      this.open.push(file);
      archive = new Archive(file);
      this.nested.set(path, archive);
    }
    const member = archive.member(header);
    if (typeof member === "string" || member.offset < 0) {
      this.report.error("LD0317", path, `malformed archive: no member at offset ${header}`);
      return undefined;
    }
    return archive.contents(member);
  }

  close(): void {
    for (const file of this.open) file.close();
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** The objects between --start-lib and --end-lib, as if they were an archive. */
export class LazyObjects implements LazyInput {
  readonly path = "--start-lib";
  readonly wholeArchive = false;
  readonly taken = new Set<number>();
  readonly count: number;
  readonly names: Int32Array;
  readonly members: Float64Array;
  private readonly objects: readonly MemberBytes[];

  constructor(objects: readonly MemberBytes[], model: LinkModel) {
    this.objects = objects;
    const found = objects.flatMap((object, member) =>
      definedSymbols(object.bytes, model.names).map((name) => ({ name, member })),
    );
    this.count = found.length;
    this.names = Int32Array.from(found, (entry) => entry.name);
    this.members = Float64Array.from(found, (entry) => entry.member);
  }

  read(member: number): MemberBytes {
    return this.objects[member];
  }
}

/** What scanning needs from the link. */
export interface ScanContext {
  readonly model: LinkModel;
  /** Undefined only because their definition was discarded: nothing is searched for them. */
  readonly discarded: ReadonlyMap<SymbolId, SectionId>;
  /** True for a symbol that the script or --defsym will define. */
  isAssigned(name: NameId): boolean;
  /** Adds a member to the link for a symbol. */
  extract(input: LazyInput, member: number, symbol: SymbolId): void;
}

/**
 * Searches an archive as GNU ld does: along its index, taking each member that
 * defines a symbol now undefined, again until a pass takes none. Whether
 * anything was taken is the result.
 */
export function scanArchive(input: LazyInput, context: ScanContext): boolean {
  const { symbols, arena } = context.model;
  const { names, members, count } = input;
  const byNumber = arena.owns(names) ? names : copyOf(names);
  let any = false;
  for (let again = true; again; ) {
    again = false;
    for (let i = 0; ; i++) {
      i = arena.kernels.findWanted(
        byNumber.byteOffset,
        i,
        count,
        symbols.lend(0, 0),
        symbols.globalByName().length,
      );
      if (i >= count) break;
      const symbol = symbols.globalByName()[names[i]];
      const member = members[i];
      if (!wants(symbol, context) || input.taken.has(member)) {
        if (symbols.section[symbol] !== SymbolSection.common || input.taken.has(member)) continue;
        if (!definesProperly(input, member, input.names[i], context.model)) continue;
      }
      input.taken.add(member);
      context.extract(input, member, symbol);
      again = true;
      any = true;
    }
  }
  return any;
}

function copyOf(names: Int32Array): Int32Array {
  const copy = int32Column(names.length);
  copy.set(names);
  return copy;
}

/** Whether archives are searched for a symbol: it is undefined, not weak, and no script will define it. */
export function wants(symbol: SymbolId, { model: { symbols }, discarded, isAssigned }: ScanContext): boolean {
  return (
    symbols.section[symbol] === SymbolSection.undefined &&
    symbols.info[symbol] >> 4 !== 2 &&
    !discarded.has(symbol) &&
    !isAssigned(symbols.name[symbol])
  );
}

/** A tentative definition is replaced by a member that has a real one, not by another tentative one. */
export function definesProperly(input: LazyInput, member: number, name: NameId, model: LinkModel): boolean {
  const contents = input.read(member);
  return contents !== undefined && definedSymbols(contents.bytes, model.names, true).includes(name);
}

/** True for bytes that can be added as an object; others in an archive are not for us. */
export function isObject(bytes: Uint8Array): boolean {
  return (
    identify(bytes) === "elf" &&
    typeof readIdentity(bytes) !== "string" &&
    bytes.length >= Math.min(symbol32.size, symbol64.size)
  );
}
