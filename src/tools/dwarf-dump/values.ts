import { sharp } from "./context.ts";

// What the numbers of some attributes mean, with the words that GNU readelf has for them.

const languages: Readonly<Record<number, string>> = {
  1: "ANSI C",
  2: "non-ANSI C",
  3: "Ada",
  4: "C++",
  5: "Cobol 74",
  6: "Cobol 85",
  7: "FORTRAN 77",
  8: "Fortran 90",
  9: "Pascal 83",
  10: "Modula 2",
  11: "Java",
  12: "ANSI C99",
  13: "ADA 95",
  14: "Fortran 95",
  15: "PLI",
  16: "Objective C",
  17: "Objective C++",
  18: "Unified Parallel C",
  19: "D",
  20: "Python",
  21: "OpenCL",
  22: "Go",
  23: "Modula 3",
  24: "Haskell",
  25: "C++03",
  26: "C++11",
  27: "OCaml",
  28: "Rust",
  29: "C11",
  30: "Swift",
  31: "Julia",
  32: "Dylan",
  33: "C++14",
  34: "Fortran 03",
  35: "Fortran 08",
  36: "RenderScript",
  32769: "MIPS assembler",
  34661: "Unified Parallel C",
};

const encodings: Readonly<Record<number, string>> = {
  0: "void",
  1: "machine address",
  2: "boolean",
  3: "complex float",
  4: "float",
  5: "signed",
  6: "signed char",
  7: "unsigned",
  8: "unsigned char",
  9: "imaginary float",
  10: "packed_decimal",
  11: "numeric_string",
  12: "edited",
  13: "signed_fixed",
  14: "unsigned_fixed",
  15: "decimal float",
  16: "unicode string",
  17: "UCS",
  18: "ASCII",
};

const conventions: Readonly<Record<number, string>> = {
  1: "normal",
  2: "program",
  3: "nocall",
  4: "pass by ref",
  5: "pass by value",
  64: "Rensas SH",
  65: "Borland fastcall i386",
};

const signs: Readonly<Record<number, string>> = {
  1: "unsigned",
  2: "leading overpunch",
  3: "trailing overpunch",
  4: "leading separate",
  5: "trailing separate",
};

/** The text that follows an attribute's value to explain it; undefined where there is none. */
export function meaning(attribute: number, value: bigint): string | undefined {
  const number = Number(value);
  const of = (table: Readonly<Record<number, string>> | readonly string[], unknown: string) =>
    `\t(${(table as Readonly<Record<number, string>>)[number] ?? unknown})`;
  switch (attribute) {
    case 0x20: {
      const words = [
        "not inlined",
        "inlined",
        "declared as inline but ignored",
        "declared as inline and inlined",
      ];
      return number < 4 ? `\t(${words[number]})` : `\t  (Unknown inline attribute value: ${sharp(value)})`;
    }
    case 0x13:
      if (languages[number]) return `\t(${languages[number]})`;
      return number >= 0x8000 && number <= 0xffff
        ? `\t(implementation defined: ${sharp(value)})`
        : `\t(unknown: ${sharp(value)})`;
    case 0x3e:
      return of(encodings, number >= 0x80 && number <= 0xff ? "user defined type" : "unknown type");
    case 0x32:
      return of(["unknown accessibility", "public", "protected", "private"], "unknown accessibility");
    case 0x17:
      return of(["unknown visibility", "local", "exported", "qualified"], "unknown visibility");
    case 0x65:
      return of(
        ["default", "big", "little"],
        number >= 0x40 && number <= 0xff ? "user specified" : "unknown endianity",
      );
    case 0x4c:
      return of(["none", "virtual", "pure_virtual"], "unknown virtuality");
    case 0x42:
      return of(["case_sensitive", "up_case", "down_case", "case_insensitive"], "unknown case");
    case 0x36:
      return of(conventions, number >= 0x40 && number <= 0xff ? "user defined" : "unknown convention");
    case 0x09:
      if (number === 255 || value === 0xffffffffffffffffn) return "\t(undefined)";
      return number < 2 ? `\t(${["row major", "column major"][number]})` : "\t";
    case 0x5e:
      return of(signs, "unrecognised");
    case 0x8b:
      return of(["no", "in class", "out of class"], "unrecognised");
    default:
      return undefined;
  }
}
