import { isProblem } from "../../files/index.ts";
import { Fatal } from "../fatal.ts";
import { checkFile, complain, type ToolHost } from "../host.ts";
import { asByteText, byteText } from "../text-out.ts";
import {
  addRedefinition,
  parseAddedSymbol,
  parseAddress,
  parseAlignment,
  parseRename,
  parseSectionAddress,
  parseSectionFlags,
  readRedefinitions,
} from "./section-options.ts";
import { type AddedSection, type NameSet, ruleFor, type Settings, setCopy, setRemove } from "./settings.ts";

// What each option of objcopy and strip does to the settings.

/** One option; `value` is byte text, `raw` as it was given, for paths. */
export function apply(settings: Settings, id: string, value: string, raw: string, host: ToolHost): void {
  switch (id) {
    case "F":
      settings.inputTarget = settings.outputTarget = value;
      break;
    case "I":
      settings.inputTarget = value;
      break;
    case "O":
      settings.outputTarget = value;
      break;
    case "B":
      settings.binaryArchitecture = value;
      if (!/^(riscv|i386|x86|aarch64|arm)/.test(value)) throw new Fatal(`architecture ${value} unknown`);
      break;
    case "p":
      settings.preserveDates = true;
      break;
    case "D":
    case "U":
      settings.deterministic = id === "D";
      break;
    case "j":
      setCopy(settings, value);
      break;
    case "R":
      setRemove(settings, value);
      break;
    case "remove-relocs":
      ruleFor(settings, value).removeRelocations = true;
      break;
    case "keep-section":
      ruleFor(settings, value).keep = true;
      break;
    case "S":
      settings.strip = "all";
      break;
    case "g":
      settings.strip = "debug";
      break;
    case "strip-dwo":
      settings.strip = "dwo";
      break;
    case "extract-dwo":
      settings.strip = "only-dwo";
      break;
    case "strip-unneeded":
      settings.strip = "unneeded";
      break;
    case "only-keep-debug":
      settings.strip = "only-keep-debug";
      break;
    case "x":
      settings.discard = "all";
      break;
    case "X":
      settings.discard = "local-labels";
      break;
    case "w":
      settings.wildcards = true;
      break;
    case "v":
      settings.verbose = true;
      break;
    case "M":
    case "no-merge-notes":
      settings.mergeNotes = id === "M";
      break;
    case "keep-file":
      settings.keepFileSymbols = true;
      break;
    case "keep-section-symbols":
      settings.keepSectionSymbols = true;
      break;
    case "debuglink":
      settings.debugLink = raw;
      break;
    case "extract-symbol":
      settings.extractSymbol = true;
      break;
    case "weaken":
      settings.weaken = true;
      break;
    case "localize-hidden":
      settings.localizeHidden = true;
      break;
    case "change-warnings":
    case "no-change-warnings":
      settings.changeWarnings = id === "change-warnings";
      break;
    case "decompress":
      settings.compression = "decompress";
      break;
    case "srec-s3":
      settings.srecForceS3 = true;
      break;
    case "prefix-symbols":
      settings.prefixSymbols = value;
      break;
    case "prefix-sections":
      settings.prefixSections = value;
      break;
    case "prefix-alloc-sections":
      settings.prefixAllocSections = value;
      break;
    default:
      if (!applyNames(settings, id, value, raw, host) && !applyNumbers(settings, id, value, host))
        applySections(settings, id, value, raw, host);
  }
}

/** Options that collect names of symbols, one by one or from a file. */
function applyNames(settings: Settings, id: string, value: string, raw: string, host: ToolHost): boolean {
  const sets: Readonly<Record<string, NameSet>> = {
    N: settings.stripSymbols,
    K: settings.keepSymbols,
    L: settings.localize,
    G: settings.keepGlobal,
    W: settings.weakenSymbols,
    globalize: settings.globalize,
    "strip-unneeded-symbol": settings.stripUnneededSymbols,
  };
  const files: Readonly<Record<string, NameSet>> = {
    "strip-symbols": settings.stripSymbols,
    "strip-unneeded-symbols": settings.stripUnneededSymbols,
    "keep-symbols": settings.keepSymbols,
    "localize-symbols": settings.localize,
    "globalize-symbols": settings.globalize,
    "keep-global-symbols": settings.keepGlobal,
    "weaken-symbols": settings.weakenSymbols,
  };
  if (Object.hasOwn(sets, id)) {
    sets[id].add(value);
    return true;
  }
  if (!Object.hasOwn(files, id)) return false;
  const size = checkFile(host, raw);
  if (size === undefined) throw new Fatal(`cannot open '${value}': No such file or directory`);
  const text = readText(raw, host);
  text.split(/\r\n|\n\r|\n|\r/).forEach((line, i) => {
    const [name, ...rest] = line.replace(/#.*$/, "").trim().split(/\s+/);
    if (rest.length > 0) complain(host, `${value}:${i + 1}: Ignoring rubbish found on this line`);
    if (name !== "") files[id].add(name);
  });
  return true;
}

function applyNumbers(settings: Settings, id: string, value: string, host: ToolHost): boolean {
  const integer = Number.parseInt(value, 10) || 0;
  switch (id) {
    case "b":
      if (integer < 0) throw new Fatal("byte number must be non-negative");
      settings.byte = integer;
      return true;
    case "i":
      settings.interleave = value === "" ? 4 : integer;
      if (settings.interleave < 1) throw new Fatal("interleave must be positive");
      return true;
    case "interleave-width":
      if (integer < 1) throw new Fatal("interleave width must be positive");
      settings.interleaveWidth = integer;
      return true;
    case "gap-fill": {
      const fill = parseAddress(value, "--gap-fill");
      settings.gapFill = Number(fill & 0xffn);
      if (fill > 0xffn)
        complain(
          host,
          `Warning: truncating gap-fill from 0x${fill.toString(16)} to 0x${settings.gapFill.toString(16)}`,
        );
      return true;
    }
    case "pad-to":
      settings.padTo = parseAddress(value, "--pad-to");
      return true;
    case "set-start":
      settings.setStart = parseAddress(value, "--set-start");
      return true;
    case "change-start":
      settings.changeStart = parseAddress(value, "--change-start");
      return true;
    case "change-addresses":
      settings.changeAddresses = settings.changeStart = parseAddress(value, "--change-addresses");
      return true;
    case "srec-len":
      settings.srecLength = Number(parseAddress(value, "--srec-len"));
      return true;
    case "verilog-width":
      settings.verilogWidth = Number(parseAddress(value, "--verilog-data-width"));
      if (![1, 2, 4, 8, 16].includes(settings.verilogWidth))
        throw new Fatal("error: verilog data width must be 1, 2, 4, 8 or 16");
      return true;
    case "reverse-bytes":
      if (integer <= 0 || integer % 2 !== 0)
        throw new Fatal("number of bytes to reverse must be positive and even");
      settings.reverseBytes = integer;
      return true;
    case "alt-machine":
      if (integer === 0) throw new Fatal("unable to parse alternative machine code");
      complain(host, `this target does not support ${integer} alternative machine codes`);
      complain(host, "treating that number as an absolute e_machine value instead");
      settings.machineCode = integer;
      return true;
    default:
      return false;
  }
}

function applySections(settings: Settings, id: string, value: string, raw: string, host: ToolHost): void {
  const equals = value.indexOf("=");
  switch (id) {
    case "change-section-address":
      parseSectionAddress(value, "--change-section-address", "both", settings);
      break;
    case "change-section-lma":
      parseSectionAddress(value, "--change-section-lma", "lma", settings);
      break;
    case "change-section-vma":
      parseSectionAddress(value, "--change-section-vma", "vma", settings);
      break;
    case "set-section-flags":
      if (equals < 0) throw new Fatal("bad format for --set-section-flags");
      ruleFor(settings, value.slice(0, equals)).flags = parseSectionFlags(value.slice(equals + 1), host);
      break;
    case "set-section-alignment":
      parseAlignment(value, settings);
      break;
    case "rename-section":
      parseRename(value, settings, host);
      break;
    case "add-section":
      settings.addSections.push(loadSection(raw, "--add-section", host));
      break;
    case "update-section":
      settings.updateSections.push(loadSection(raw, "--update-section", host));
      break;
    case "dump-section": {
      const at = raw.indexOf("=");
      if (at < 0) throw new Fatal("bad format for --dump-section");
      settings.dumpSections.push({ name: asByteText(raw.slice(0, at)), file: raw.slice(at + 1) });
      break;
    }
    case "redefine-sym":
      if (equals < 0) throw new Fatal("bad format for --redefine-sym");
      addRedefinition("--redefine-sym", value.slice(0, equals), value.slice(equals + 1), settings);
      break;
    case "redefine-syms": {
      if (!host.files.isFile(raw))
        throw new Fatal(`couldn't open symbol redefinition file ${value} (error: No such file or directory)`);
      readRedefinitions(value, readText(raw, host), settings);
      break;
    }
    case "add-symbol":
      settings.addSymbols.push(parseAddedSymbol(value, host));
      break;
    case "compress": {
      const kind = value.toLowerCase();
      if (kind === "none") settings.compression = "decompress";
      else if (kind === "" || kind === "zlib" || kind === "zlib-gabi") settings.compression = "zlib";
      else if (kind === "zlib-gnu") settings.compression = "zlib-gnu";
      else if (kind === "zstd") throw new Fatal("--compress-debug-sections=zstd: zstd is not supported");
      else throw new Fatal(`unrecognized --compress-debug-sections type \`${value}'`);
      break;
    }
    case "stt-common": {
      const kind = value.toLowerCase();
      if (kind !== "yes" && kind !== "no")
        throw new Fatal(`unrecognized --elf-stt-common= option \`${value}'`);
      settings.elfCommon = kind;
      break;
    }
    default:
      break;
  }
}

function loadSection(text: string, option: string, host: ToolHost): AddedSection {
  const at = text.indexOf("=");
  if (at < 0) throw new Fatal(`bad format for ${option}`);
  const path = text.slice(at + 1);
  const file = host.files.open(path);
  if (isProblem(file)) throw new Fatal(`cannot open: ${asByteText(path)}: ${file.problem}`);
  const contents = file.read(0, file.size);
  file.close();
  return { name: asByteText(text.slice(0, at)), contents };
}

function readText(path: string, host: ToolHost): string {
  const file = host.files.open(path);
  if (isProblem(file)) throw new Fatal(`cannot open '${asByteText(path)}': ${file.problem}`);
  const bytes = file.read(0, file.size);
  file.close();
  return byteText(bytes, 0, bytes.length);
}
