import { isaSpecs, privilegedSpecs } from "../riscv/index.ts";
import type { AssembleOptions } from "./options.ts";
import { abiNames } from "./target.ts";

/** What a command line of `as` asks for. */
export interface AssembleCommand {
  readonly options: AssembleOptions;
  /** Names of sources; `-` is standard input. Empty: standard input. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** --MD: where the names of all files read go. */
  readonly dependencies?: string;
  /** The letters behind -a, if it was given, and the file after `=`. */
  readonly listing?: { readonly letters: string; readonly file?: string; readonly widths: ListingWidths };
  /** -D NAME[=VALUE] for sources that are preprocessed, and -U. */
  readonly macros: readonly string[];
  readonly show?: "help" | "version" | "target-help";
}

/** --listing-…: columns of listings. */
export interface ListingWidths {
  lhsWidth?: number;
  lhsWidth2?: number;
  rhsWidth?: number;
  contLines?: number;
}

/** What is wrong with a command line. */
export interface CommandProblem {
  readonly message: string;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Options with a value behind `=` or in the next argument. */
const valued = new Set([
  "march",
  "mabi",
  "misa-spec",
  "mpriv-spec",
  "defsym",
  "MD",
  "debug-prefix-map",
  "listing-lhs-width",
  "listing-lhs-width2",
  "listing-rhs-width",
  "listing-cont-lines",
  "gdwarf-cie-version",
  "size-check",
  "elf-stt-common",
  "multibyte-handling",
  "generate-missing-build-notes",
  "hash-size",
]);

/** Options without effect here: they choose what is so anyway, or ask for statistics. */
const ignored = new Set([
  "mlittle-endian",
  "nocpp",
  "reduce-memory-overheads",
  "statistics",
  "warn",
  "sectname-subst",
]);

/** Options that would change the object, and are not supported. */
const unsupported = new Set(["mbig-endian", "mri", "gstabs", "gstabs+", "gsframe", "dump-config"]);

/** Reads the command line of GNU as; response files have been expanded. */
export function parseCommandLine(args: readonly string[]): AssembleCommand | CommandProblem {
  const options: Writable<AssembleOptions> = {};
  const includes: string[] = [];
  const defines: { name: string; value: bigint }[] = [];
  const prefixMap: { from: string; to: string }[] = [];
  const inputs: string[] = [];
  const macros: string[] = [];
  const widths: ListingWidths = {};
  let listing: { letters: string; file?: string } | undefined;
  let output = "a.out";
  let dependencies: string | undefined;
  let show: AssembleCommand["show"];
  let onlyFiles = false;

  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (onlyFiles || arg === "-" || !arg.startsWith("-")) {
      inputs.push(arg);
      continue;
    }
    if (arg === "--") {
      onlyFiles = true;
      continue;
    }
    const long = /^--?([A-Za-z][\w+-]*)(?:=(.*))?$/s.exec(arg);
    const name = long?.[1] ?? "";
    let value = long?.[2];
    const take = (): string | undefined => (i + 1 < args.length ? args[++i] : undefined);
    if (long && valued.has(name)) {
      value ??= take();
      if (value === undefined) return { message: `option '--${name}' requires an argument` };
      const problem = setValue(name, value);
      if (problem) return problem;
      continue;
    }
    // One letter with its value attached or behind.
    const letter = arg[1];
    if (!arg.startsWith("--") && "oI".includes(letter) && letter !== "") {
      const operand = arg.length > 2 ? arg.slice(2) : take();
      if (operand === undefined) return { message: `option requires an argument -- '${letter}'` };
      if (letter === "o") output = operand;
      else includes.push(operand);
      continue;
    }
    if (!arg.startsWith("--") && (letter === "D" || letter === "U") && arg.length > 2) {
      macros.push(arg);
      continue;
    }
    if (/^-a[a-z]*(=.*)?$/s.test(arg) && !arg.startsWith("-al=") && name !== "alternate") {
      const [letters, file] = arg.slice(2).split(/=(.*)/s);
      listing = { letters: (listing?.letters ?? "") + (letters || "hls"), file: file ?? listing?.file };
      continue;
    }
    const problem = setFlag(arg, name);
    if (problem) return problem;
  }
  if (includes.length > 0) options.includes = includes;
  if (defines.length > 0) options.defines = defines;
  if (prefixMap.length > 0) options.prefixMap = prefixMap;
  if (listing) options.listing = true;
  return {
    options,
    inputs,
    output,
    dependencies,
    listing: listing ? { ...listing, widths } : undefined,
    macros,
    show,
  };

  function setValue(name: string, value: string): CommandProblem | undefined {
    switch (name) {
      case "march":
        options.march = value;
        return undefined;
      case "mabi":
        if (!abiNames.includes(value))
          return { message: `unrecognized option \`-mabi=${value}'; allowed are ${abiNames.join(", ")}` };
        options.mabi = value;
        return undefined;
      case "misa-spec":
        if (!isaSpecs.some((each) => each === value))
          return {
            message: `unknown default ISA spec \`${value}' set by -misa-spec or --with-isa-spec; allowed are ${isaSpecs.join(", ")}`,
          };
        options.isaSpec = value;
        return undefined;
      case "mpriv-spec":
        if (!privilegedSpecs.some((each) => each === value))
          return {
            message: `unknown default privileged spec \`${value}' set by -mpriv-spec or --with-priv-spec; allowed are ${privilegedSpecs.join(", ")}`,
          };
        options.privSpec = value;
        return undefined;
      case "defsym": {
        const [symbol, number] = value.split(/=(.*)/s);
        if (number === undefined || symbol === "")
          return { message: "bad defsym; format is --defsym name=value" };
        const parsed = parseInteger(number);
        if (parsed === undefined) return { message: `bad defsym; \`${number}' is not a number` };
        defines.push({ name: symbol, value: parsed });
        return undefined;
      }
      case "MD":
        dependencies = value;
        return undefined;
      case "debug-prefix-map": {
        const [from, to] = value.split(/=(.*)/s);
        if (to === undefined) return { message: `invalid argument '${value}' to '-fdebug-prefix-map'` };
        prefixMap.push({ from, to });
        return undefined;
      }
      case "listing-lhs-width":
        widths.lhsWidth = Number(value);
        return undefined;
      case "listing-lhs-width2":
        widths.lhsWidth2 = Number(value);
        return undefined;
      case "listing-rhs-width":
        widths.rhsWidth = Number(value);
        return undefined;
      case "listing-cont-lines":
        widths.contLines = Number(value);
        return undefined;
      case "gdwarf-cie-version": {
        const version = Number(value);
        if (![1, 3, 4].includes(version)) return { message: `Invalid --gdwarf-cie-version \`${value}'` };
        options.cieVersion = version;
        return undefined;
      }
      case "size-check":
        if (value !== "error" && value !== "warning")
          return { message: `Invalid --size-check= option: \`${value}'` };
        options.sizeCheckWarns = value === "warning";
        return undefined;
      case "elf-stt-common":
        if (value !== "yes" && value !== "no")
          return { message: `Invalid --elf-stt-common= option: \`${value}'` };
        options.sttCommon = value === "yes";
        return undefined;
      default:
        return undefined;
    }
  }

  function setFlag(arg: string, name: string): CommandProblem | undefined {
    const dwarf = /^--?gdwarf-?([2345])$/.exec(arg);
    if (dwarf) {
      options.debug = true;
      options.dwarf = Number(dwarf[1]);
      return undefined;
    }
    switch (arg) {
      case "--help":
        show = "help";
        return undefined;
      case "--target-help":
        show = "target-help";
        return undefined;
      case "--version":
      case "-version":
        show = "version";
        return undefined;
      case "-v":
        return undefined;
      case "-g":
      case "-gen-debug":
      case "--gen-debug":
        options.debug = true;
        return undefined;
      case "--gdwarf-sections":
        return undefined;
      case "-L":
      case "--keep-locals":
        options.keepLocals = true;
        return undefined;
      case "-W":
      case "--no-warn":
        options.noWarnings = true;
        return undefined;
      case "--fatal-warnings":
        options.fatalWarnings = true;
        return undefined;
      case "--traditional-format":
        options.traditionalFormat = true;
        return undefined;
      case "-Z":
        options.always = true;
        return undefined;
      case "--alternate":
        options.alternate = true;
        return undefined;
      case "-no-pad-sections":
      case "--no-pad-sections":
        options.padSections = false;
        return undefined;
      case "--strip-local-absolute":
        options.stripLocalAbsolute = true;
        return undefined;
      case "--execstack":
        options.execStack = true;
        return undefined;
      case "--noexecstack":
        options.execStack = false;
        return undefined;
      case "-mrelax":
      case "-mno-relax":
        options.relax = arg === "-mrelax";
        return undefined;
      case "-march-attr":
      case "-mno-arch-attr":
        options.archAttributes = arg === "-march-attr";
        return undefined;
      case "-mcsr-check":
      case "-mno-csr-check":
        options.csrCheck = arg === "-mcsr-check";
        return undefined;
      case "-fpic":
      case "-fPIC":
        options.pic = true;
        return undefined;
      case "-fno-pic":
        options.pic = false;
        return undefined;
      case "-R":
        options.dataInText = true;
        return undefined;
      // Warnings about what we do not do, and optimizations that there are none of.
      case "-f":
      case "-J":
      case "-K":
      case "-w":
      case "-X":
      case "-D":
        return undefined;
      default:
    }
    if (/^-(O|G)\w*$/.test(arg) || ignored.has(name)) return undefined;
    if (unsupported.has(name) || arg === "-M") return { message: `option ${arg} is not supported` };
    if (name === "nocompress-debug-sections") {
      options.compressDebug = undefined;
      return undefined;
    }
    const compression = /^--compress-debug-sections(?:=(.*))?$/.exec(arg);
    if (compression) {
      const kind = compression[1] ?? "zlib";
      if (kind === "zstd") return { message: `option ${arg} is not supported: only zlib is` };
      if (!/^(?:none|zlib|zlib-gnu|zlib-gabi)$/.test(kind))
        return { message: `Invalid --compress-debug-sections option: \`${kind}'` };
      options.compressDebug = kind === "none" ? undefined : kind === "zlib-gnu" ? "gnu" : "gabi";
      return undefined;
    }
    return { message: `unrecognized option '${arg}'` };
  }
}

function parseInteger(text: string): bigint | undefined {
  const match = /^(-?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9]\d*)$/.exec(text.trim());
  if (!match) return undefined;
  const digits = /^0[0-7]+$/.test(match[2]) ? `0o${match[2].slice(1)}` : match[2];
  const value = BigInt(digits);
  return match[1] === "-" ? -value : value;
}
