import { alignUp } from "../../binary/index.ts";
import {
  ELFOSABI_FREEBSD,
  ELFOSABI_GNU,
  ELFOSABI_NONE,
  SHF_ALLOC,
  SHF_COMPRESSED,
  SHF_GNU_RETAIN,
  SHT_NOBITS,
} from "../../elf/index.ts";
import { isProblem } from "../../files/index.ts";
import type { ImageLayout, LinkModel, LinkOptions, OutputSection } from "../../model/index.ts";
import type { RelocateContext, Target } from "../../targets/index.ts";
import type { Host } from "../host.ts";
import type { ResolvedInputs } from "../inputs/inputs.ts";
import type { ScriptCommands } from "../statements/commands.ts";
import type { SyntheticSections } from "../synthetic/synthetic.ts";
import type { EhFrames } from "../unwind/eh-frame.ts";
import { buildIdAlgorithm, type Hasher, portableHashing } from "./build-id.ts";
import { compressSection, portableCompression } from "./compress.ts";
import { keptSections, planKept } from "./relocatable.ts";
import { buildSymbolTable } from "./symbol-table.ts";
import { type FilePart, sectionBytes, type WriteOptions, writeBinary, writeElf } from "./write.ts";

const PT_LOAD = 1;
const PF_X = 1;

/** Where the identifier begins in a build-id note: after its header and the name "GNU". */
const BUILD_ID_OFFSET = 16;

/** `--oformat binary` refuses to write more than this: a gap between two load addresses is the usual cause. */
const BINARY_LIMIT = 1 << 30;

/** No section with contents may be larger: where one is, the script has moved the location counter by mistake. */
const SECTION_LIMIT = 2 ** 32;
/** Nor any file: what lies between sections is not written, but file systems have limits. */
const FILE_LIMIT = 2 ** 40;

/** The file to write: that of -o, or else of the script's OUTPUT. */
export function outputPath(options: LinkOptions, commands: ScriptCommands): string {
  return options.outputGiven ? options.output : (commands.output?.text ?? options.output);
}

/**
 * Writes the finished image under its name; nothing is left behind when it
 * cannot be written whole. The result is what went where in the file;
 * undefined: it was not written, and the report says why.
 */
/** For GNU ld a position-independent executable whose lowest address is not 0 is one for just that address. */
function isAtFixedPlace({ kind, compat }: LinkOptions, { segments }: ImageLayout): boolean {
  if (kind !== "pie" || compat === "lld") return kind === "executable";
  return !segments.some(({ type, address }) => type === PT_LOAD && address === 0n);
}

export function writeOutput(
  context: RelocateContext,
  inputs: ResolvedInputs,
  synthetic: SyntheticSections,
  frames: EhFrames,
  host: Host,
): FilePart[] | undefined {
  const { model, report, target } = context;
  const { options } = model;
  const binary = options.oformat === "binary";
  const path = outputPath(options, inputs.commands);
  if (!binary && !isWritable(context)) return undefined;
  const output = host.files.create(path, { executable: options.kind !== "relocatable" });
  if (isProblem(output)) {
    report.error("LD0910", undefined, `cannot open output file ${path}: ${output.problem}`, {
      lld: `failed to open ${path}: ${output.problem}`,
    });
    return undefined;
  }
  let parts: FilePart[] | undefined;
  try {
    if (binary) parts = writeBinary(context, target, frames, output, BINARY_LIMIT);
    else {
      const hashing = host.hashing ?? portableHashing;
      const position = synthetic.buildId ? buildIdPosition(context, synthetic.buildId) : undefined;
      const algorithm = position === undefined ? undefined : buildIdAlgorithm(options.buildId);
      if (synthetic.buildId && position === undefined)
        report.warning("LD0912", undefined, ".note.gnu.build-id section discarded, --build-id ignored");
      const hasher: Hasher | undefined = algorithm && hashing.create(algorithm);
      parts = writeElf(
        context,
        target,
        frames,
        output,
        writeOptions(context, inputs, frames, host, synthetic, hasher),
      );
      if (hasher && position !== undefined) output.write(hasher.digest(), position);
    }
    if (report.hasErrors && !options.noinhibitExec) parts = undefined;
  } finally {
    if (parts) output.finish();
    else output.abandon();
  }
  return parts;
}

/** Reports an image that is too large for a file. */
function isWritable({ layout, report, model }: RelocateContext): boolean {
  for (const section of layout.sections) {
    if (section.type === SHT_NOBITS) continue;
    if (section.size <= SECTION_LIMIT && section.fileOffset + section.size <= FILE_LIMIT) continue;
    const size = `section \`${section.name}' takes 0x${section.size.toString(16)} bytes of the file`;
    report.error("LD0913", undefined, "final link failed: memory exhausted", {
      lld: `output file too large: ${model.options.output}`,
      notes: [{ message: `${size}, from offset 0x${section.fileOffset.toString(16)}`, where: section.span }],
    });
    return false;
  }
  return true;
}

function writeOptions(
  context: RelocateContext,
  inputs: ResolvedInputs,
  frames: EhFrames,
  host: Host,
  synthetic: SyntheticSections,
  hasher: Hasher | undefined,
): WriteOptions {
  const { model, target } = context;
  const { options } = model;
  const relocatable = options.kind === "relocatable";
  const { layout, replaced } =
    options.compressDebug === "none"
      ? { layout: context.layout, replaced: new Map<number, Uint8Array>() }
      : compressDebugSections(context, frames, host);
  const plan = options.strip === "all" ? undefined : planKept(context, layout);
  const symbols =
    options.strip === "all"
      ? undefined
      : buildSymbolTable(model, layout, target.is64, {
          sectionSymbols:
            (target.sectionSymbols && options.compat === "gnu") || relocatable || options.emitRelocations,
          dropLocalLabels: dropLocalLabels(context),
          relocatable,
          numbers: plan?.numbers,
          groupNumbers: plan?.groupNumbers,
          needed: plan?.needed,
          lost: inputs.lost,
          retain: inputs.retain,
        });
  return {
    fileType: relocatable ? "relocatable" : isAtFixedPlace(options, layout) ? "executable" : "shared",
    flags: target.mergeFlags(model, context.report),
    osAbi: osAbi(model, symbols?.usesGnu === true),
    layout,
    symbols,
    replaced,
    sectionHeaders: options.sectionHeaders,
    traps: trapFill(context),
    lldOrder: options.compat === "lld",
    extra: symbols && plan ? keptSections(context, layout, frames, plan, symbols) : [],
    listener: options.compat === "lld" ? hasher : undefined,
    checksum:
      hasher && options.compat === "gnu"
        ? {
            listener: hasher,
            notes: [synthetic.buildId, synthetic.packageNote]
              .filter(Boolean)
              .map((row) => model.sections.output[row]),
          }
        : undefined,
  };
}

/** LLD, -z separate-code: code has pages of its own, which hold nothing else to be executed. */
function trapFill({ model, layout, target }: RelocateContext): Map<number, number> {
  const { options } = model;
  const ends = new Map<number, number>();
  const separate = options.separateCode || options.zKeywords.includes("separate-loadable-segments");
  if (options.compat !== "lld" || !separate || target.trapByte === undefined) return ends;
  const page = Number(options.commonPageSize ?? target.commonPageSize);
  for (const { type, flags, sections } of layout.segments) {
    if (type !== PT_LOAD || (flags & PF_X) === 0) continue;
    const last = layout.sections[sections[sections.length - 1]];
    if (last && last.type !== SHT_NOBITS && last.size > 0)
      ends.set(last.index, alignUp(last.fileOffset + last.size, page));
  }
  return ends;
}

/** GNU ld marks what uses its extensions; LLD goes by the emulation's system, or else by the first object. */
function osAbi({ options, objects, sections }: LinkModel, usesGnu: boolean): number {
  if (options.compat === "gnu") {
    const retains = options.kind === "relocatable" && sections.flags.some((flags) => flags & SHF_GNU_RETAIN);
    return usesGnu || retains ? ELFOSABI_GNU : ELFOSABI_NONE;
  }
  if (options.emulation !== undefined)
    return options.emulation.endsWith("_fbsd") ? ELFOSABI_FREEBSD : ELFOSABI_NONE;
  return objects[0]?.bytes[7] ?? ELFOSABI_NONE;
}

/** Whether the symbol table never has local labels, not even for the sake of relocations in the output. */
export function dropsLocalLabels(options: LinkOptions, target: Target): boolean {
  if (options.compat !== "gnu" || options.kind === "relocatable" || options.emitRelocations) return false;
  if (options.discard === "default") return target.dropLocalLabels === "yes";
  return options.discard !== "none";
}

function dropLocalLabels(context: RelocateContext): "no" | "merge" | "yes" {
  const { options } = context.model;
  if (options.discard === "temporary") return "yes";
  if (options.discard === "none") return "no";
  const rule = options.compat === "lld" ? "merge" : context.target.dropLocalLabels;
  return options.kind === "relocatable" && rule === "merge" ? "no" : rule;
}

/** Where in the file the identifier goes; undefined: the script discarded its note. */
function buildIdPosition(context: RelocateContext, note: number): number | undefined {
  const { sections } = context.model;
  const output: OutputSection | undefined = context.layout.sections[sections.output[note]];
  if (!output || output.type === SHT_NOBITS) return undefined;
  return output.fileOffset + sections.outputOffset[note] + BUILD_ID_OFFSET;
}

/** Compresses the .debug_* sections; those after them move up in the file. */
function compressDebugSections(
  context: RelocateContext,
  frames: EhFrames,
  host: Host,
): { layout: ImageLayout; replaced: Map<number, Uint8Array> } {
  const { model, target, layout } = context;
  const mode = model.options.compressDebug === "none" ? "zlib" : model.options.compressDebug;
  const compression = host.compression ?? portableCompression;
  const replaced = new Map<number, Uint8Array>();
  const changed = new Map<number, OutputSection>();
  let moved = 0;
  for (const section of [...layout.sections].sort((a, b) => a.fileOffset - b.fileOffset)) {
    if (section.flags & SHF_ALLOC || section.type === SHT_NOBITS || section.size === 0) continue;
    const compressed = section.name.startsWith(".debug_")
      ? compressSection(
          { name: section.name, bytes: sectionBytes(context, target, frames, section), align: section.align },
          mode,
          target.is64,
          true,
          compression,
          model.options.compat === "lld",
        )
      : undefined;
    const align = compressed?.align ?? section.align;
    const earliest = section.fileOffset - moved;
    const fileOffset = Math.ceil(earliest / align) * align;
    moved = section.fileOffset - fileOffset;
    if (compressed) {
      replaced.set(section.index, compressed.bytes);
      moved += section.size - compressed.bytes.length;
    }
    changed.set(section.index, {
      ...section,
      name: compressed?.name ?? section.name,
      align,
      fileOffset,
      flags: section.flags | (compressed && mode !== "zlib-gnu" ? SHF_COMPRESSED : 0),
    });
  }
  const sections = layout.sections.map((section) => changed.get(section.index) ?? section);
  return { layout: { ...layout, sections }, replaced };
}
