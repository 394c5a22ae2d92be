// What the dump wants of a machine: the text of one instruction after the
// other. `text` is byte text without a line's end.

export interface CodePrinter {
  /** How many bytes of instructions go on a line, and how many are printed together, as of the last instruction. */
  bytesPerLine: number;
  bytesPerChunk: number;
  /** Chunks are shown as numbers, not byte by byte. */
  readonly reversed: boolean;
  text: string;
  /**
   * Prints the instruction at an offset of the section; the result is its
   * size. Where the bytes end within it the size is -1.
   */
  print(bytes: Uint8Array, offset: number, end: number, address: number): number;
  /** Prints data where the machine's mapping symbols say that there is some; undefined where it has none. */
  data?(bytes: Uint8Array, offset: number, end: number, size: number): number;
  /** A mapping symbol was passed that says what follows: `$x`, `$xrv64gc`, `$t`. */
  enter?(mapping: string): void;
}

export interface PrinterOptions {
  /** The values of -M. */
  readonly options: readonly string[];
  /** An address as text, with the symbol that it belongs to. */
  readonly address: (address: number) => string;
  /** An option is not known to the machine's printer. */
  readonly unknown: (option: string) => void;
}
