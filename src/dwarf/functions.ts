import type { Abbreviation } from "./abbreviations.ts";
import {
  type AttributeValue,
  type CompileUnit,
  type DebugSections,
  DW_AT,
  rangesOf,
  resolveValue,
} from "./compile-units.ts";
import { Cursor } from "./cursor.ts";
import { DW_FORM, readForm } from "./forms.ts";
import type { LineRows } from "./line-sequences.ts";
import type { AddressRange } from "./ranges.ts";

// The functions and variables of a unit, inlined calls included: where they
// are, what they are called, where they were declared and called from.

export interface FunctionInfo {
  /** The mangled name where there is one. */
  name: string | undefined;
  /** `name` is what the symbol table calls it. */
  isLinkage: boolean;
  readonly inlined: boolean;
  readonly ranges: readonly AddressRange[];
  readonly file: string | undefined;
  readonly line: number;
  /** Inlined calls: the function around, and the place of the call. */
  readonly caller: FunctionInfo | undefined;
  readonly callFile: string | undefined;
  readonly callLine: number;
}

export interface DataInfo {
  readonly name: string;
  readonly address: number;
  readonly file: string;
  readonly line: number;
}

const TAG = {
  entryPoint: 0x03,
  member: 0x0d,
  inlinedSubroutine: 0x1d,
  subprogram: 0x2e,
  variable: 0x34,
} as const;
const DW_OP_addr = 0x03;

/** Languages whose functions are called in the symbol table as in the source. */
const PLAIN_LANGUAGES = new Set([
  0x01, 0x02, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x1d, 0x22,
  0x23, 0x2b, 0x2c, 0x2d, 0x8001,
]);

interface Identity {
  name: string | undefined;
  isLinkage: boolean;
  file: string | undefined;
  line: number;
}

/** Reads the entries of a unit; `units` are all of the file, for references between them. */
export class UnitEntries {
  readonly functions: FunctionInfo[] = [];
  readonly data: DataInfo[] = [];
  /** Ranges of the unit cannot be read: BFD then knows nothing of it. */
  broken = false;
  private readonly sections: DebugSections;
  private readonly unit: CompileUnit;
  private readonly rows: LineRows | undefined;
  private readonly unitAt: (offset: number) => CompileUnit | undefined;
  private readonly rowsOf: (unit: CompileUnit) => LineRows | undefined;

  constructor(
    sections: DebugSections,
    unit: CompileUnit,
    unitAt: (offset: number) => CompileUnit | undefined,
    rowsOf: (unit: CompileUnit) => LineRows | undefined,
  ) {
    this.sections = sections;
    this.unit = unit;
    this.unitAt = unitAt;
    this.rowsOf = rowsOf;
    this.rows = rowsOf(unit);
    this.read();
  }

  private read(): void {
    const { unit } = this;
    const cursor = new Cursor(this.sections.info, unit.entries, unit.end, this.sections.littleEndian);
    /** The functions around, by depth. */
    const around: (FunctionInfo | undefined)[] = [];
    let depth = 0;
    while (!cursor.atEnd) {
      const code = cursor.uleb();
      if (code === 0) {
        depth--;
        if (depth < 0) return;
        continue;
      }
      const abbreviation = unit.abbreviations.get(code);
      if (!abbreviation) return;
      const { tag } = abbreviation;
      const isFunction = tag === TAG.subprogram || tag === TAG.inlinedSubroutine || tag === TAG.entryPoint;
      const isData = tag === TAG.variable || tag === TAG.member;
      let made: FunctionInfo | undefined;
      if (isFunction) {
        made = this.readFunction(cursor, abbreviation, around, depth);
        this.functions.push(made);
      } else if (isData) this.readData(cursor, abbreviation);
      else this.skip(cursor, abbreviation);
      if (cursor.ended) return;
      if (!abbreviation.hasChildren) continue;
      around[depth] = made;
      depth++;
    }
  }

  private skip(cursor: Cursor, { attributes }: Abbreviation): void {
    const { offsetSize, addressSize, version } = this.unit;
    const sizes = { offset: offsetSize, address: addressSize, version };
    for (const { attribute, form } of attributes) {
      if (attribute === 0 && form === 0) break;
      skipForm(cursor, form, sizes, this.sections);
    }
  }

  private attributes(
    cursor: Cursor,
    { attributes }: Abbreviation,
    unit: CompileUnit,
  ): Map<number, AttributeValue> {
    const sizes = { offset: unit.offsetSize, address: unit.addressSize, version: unit.version };
    const found = new Map<number, AttributeValue>();
    for (const { attribute, form, implicit } of attributes) {
      if (attribute === 0 && form === 0) break;
      const value =
        attribute === DW_AT.location && isBlock(form)
          ? readLocation(cursor, form, unit.addressSize)
          : readForm(cursor, form, sizes, this.sections, Number(implicit));
      found.set(attribute, { form, value });
      if (cursor.ended) break;
    }
    return found;
  }

  private readFunction(
    cursor: Cursor,
    abbreviation: Abbreviation,
    around: readonly (FunctionInfo | undefined)[],
    depth: number,
  ): FunctionInfo {
    const attributes = this.attributes(cursor, abbreviation, this.unit);
    const identity = this.identify(attributes, this.unit, this.rows, 0);
    const inlined = abbreviation.tag === TAG.inlinedSubroutine;
    let caller: FunctionInfo | undefined;
    for (let i = depth - 1; inlined && i >= 0 && !caller; i--) caller = around[i];
    const callFile = attributes.get(DW_AT.callFile)?.value;
    const ranges = rangesOf(this.sections, this.unit, attributes);
    if (!ranges) this.broken = true;
    return {
      ...identity,
      inlined,
      ranges: ranges ?? [],
      caller,
      callFile: typeof callFile === "number" ? this.rows?.path(callFile) : undefined,
      callLine: Number(attributes.get(DW_AT.callLine)?.value ?? 0),
    };
  }

  /** What an entry is called and where it is declared; what it lacks is taken from its origin. */
  private identify(
    attributes: ReadonlyMap<number, AttributeValue>,
    unit: CompileUnit,
    rows: LineRows | undefined,
    level: number,
  ): Identity {
    const identity: Identity = { name: undefined, isLinkage: false, file: undefined, line: 0 };
    if (level > 100) return identity;
    // In the order of the entry: later attributes override earlier ones.
    for (const [attribute, value] of attributes) {
      switch (attribute) {
        case DW_AT.abstractOrigin:
        case DW_AT.specification: {
          const origin = this.origin(value, unit, level);
          if (!origin) break;
          if (identity.name === undefined || origin.isLinkage) identity.name = origin.name ?? identity.name;
          identity.isLinkage ||= origin.isLinkage;
          identity.file = origin.file ?? identity.file;
          if (origin.line !== 0) identity.line = origin.line;
          break;
        }
        case DW_AT.name: {
          const name = resolveValue(this.sections, unit, value);
          if (identity.name !== undefined || typeof name !== "string") break;
          identity.name = name;
          if (PLAIN_LANGUAGES.has(unit.language)) identity.isLinkage = true;
          break;
        }
        case DW_AT.linkageName:
        case DW_AT.mipsLinkageName: {
          const name = resolveValue(this.sections, unit, value);
          if (typeof name !== "string") break;
          identity.name = name;
          identity.isLinkage = true;
          break;
        }
        case DW_AT.declFile:
          if (typeof value.value === "number") identity.file = rows?.path(value.value);
          break;
        case DW_AT.declLine:
          if (typeof value.value === "number") identity.line = value.value;
          break;
        default:
          break;
      }
    }
    return identity;
  }

  private origin({ form, value }: AttributeValue, unit: CompileUnit, level: number): Identity | undefined {
    if (typeof value !== "number" || form === DW_FORM.refSig8) return undefined;
    const offset = form === DW_FORM.refAddr ? value : unit.start + value;
    const home = offset > unit.start && offset < unit.end ? unit : this.unitAt(offset);
    if (!home) return undefined;
    const cursor = new Cursor(this.sections.info, offset, home.end, this.sections.littleEndian);
    const abbreviation = home.abbreviations.get(cursor.uleb());
    if (!abbreviation) return undefined;
    const attributes = this.attributes(cursor, abbreviation, home);
    return this.identify(attributes, home, this.rowsOf(home), level + 1);
  }

  private readData(cursor: Cursor, abbreviation: Abbreviation): void {
    const attributes = this.attributes(cursor, abbreviation, this.unit);
    const location = attributes.get(DW_AT.location);
    // BFD takes what is external and has no location that is an address (a declaration) to be at 0.
    const value =
      (location && isBlock(location.form) ? location.value : undefined) ??
      (attributes.get(DW_AT.external)?.value ? 0 : undefined);
    const identity = this.identify(attributes, this.unit, this.rows, 0);
    if (typeof value !== "number" || identity.name === undefined || identity.file === undefined) return;
    // The source's name is part of the mangled one; a linkage name would be too much.
    const plain = attributes.get(DW_AT.name);
    const name = plain && resolveValue(this.sections, this.unit, plain);
    this.data.push({
      name: typeof name === "string" ? name : identity.name,
      address: value,
      file: identity.file,
      line: identity.line,
    });
  }
}

function isBlock(form: number): boolean {
  return form === DW_FORM.block1 || form === DW_FORM.block || form === DW_FORM.exprloc;
}

/** The address of a location that is just an address. */
function readLocation(cursor: Cursor, form: number, addressSize: number): number | undefined {
  const size = form === DW_FORM.block1 ? cursor.u8() : cursor.uleb();
  const end = cursor.offset + size;
  let address: number | undefined;
  if (size === 1 + addressSize && cursor.u8() === DW_OP_addr) address = cursor.unsigned(addressSize);
  if (cursor.offset < end) cursor.skip(end - cursor.offset);
  return address;
}

/** Steps over a value without making a string of it. */
function skipForm(
  cursor: Cursor,
  form: number,
  sizes: { offset: 4 | 8; address: number; version: number },
  sections: DebugSections,
): void {
  if (form === DW_FORM.strp || form === DW_FORM.lineStrp) cursor.skip(sizes.offset);
  else readForm(cursor, form, sizes, sections);
}
