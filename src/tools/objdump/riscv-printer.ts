import {
  Disassembler,
  type Isa,
  isa,
  type PrivilegedSpec,
  parseArchitecture,
  privilegedSpecs,
} from "../../riscv/index.ts";
import { addressOf, addressText, highHalf } from "./addresses.ts";
import type { CodePrinter, PrinterOptions } from "./printer.ts";

export interface RiscvFacts {
  readonly xlen: 32 | 64;
  /** Tag_RISCV_arch of the file, if it has one. */
  readonly architecture: string | undefined;
  /** The version of the privileged architecture that the attributes state. */
  readonly privileged: string | undefined;
  /** The value of __global_pointer$. */
  readonly gp: number | undefined;
}

const DEFAULT = "rv64gc";

/** GNU objdump goes on by the number of the error (EIO) as if it were the instruction's size. */
const OUT_OF_BOUNDS = 5;

export class RiscvPrinter implements CodePrinter {
  bytesPerLine = 8;
  bytesPerChunk = 0;
  readonly reversed = true;
  text = "";
  private readonly facts: RiscvFacts;
  private readonly address: (address: number) => string;
  private readonly aliases: boolean;
  private readonly numeric: boolean;
  private readonly spec: PrivilegedSpec | undefined;
  private readonly disassembler: Disassembler;
  private architecture = "";

  /** Options that are not known; they are named when the first instruction or piece of data is printed. */
  private readonly unknown: string[] = [];
  private readonly complain: (option: string) => void;

  constructor(facts: RiscvFacts, { options, address, unknown }: PrinterOptions) {
    this.complain = unknown;
    this.facts = facts;
    this.address = address;
    let aliases = true;
    let numeric = false;
    let spec = privilegedSpecs.find((name) => name === facts.privileged);
    for (const option of options) {
      if (option === "no-aliases") aliases = false;
      else if (option === "numeric") numeric = true;
      else if (option.startsWith("priv-spec=")) {
        const wanted = option.slice(10).replace(/^1\.9$/, "1.9.1");
        const known = privilegedSpecs.find((name) => name === wanted);
        if (known) spec = known;
        else this.unknown.push(option);
      } else if (option !== "") this.unknown.push(option);
    }
    this.aliases = aliases;
    this.numeric = numeric;
    this.spec = spec;
    this.disassembler = this.make(facts.architecture ?? DEFAULT);
  }

  private make(architecture: string): Disassembler {
    this.architecture = architecture;
    const { gp } = this.facts;
    return new Disassembler(this.machine(architecture), {
      aliases: this.aliases,
      numeric: this.numeric,
      privilegedSpec: this.spec,
      address: (low, high) => this.address(this.wrapped(addressOf(low, high))),
      gp: gp === undefined ? undefined : [gp | 0, highHalf(gp) | 0],
    });
  }

  private machine(architecture: string): Isa {
    return isa(this.facts.xlen, parseArchitecture(architecture, { checked: false }).architecture.extensions);
  }

  /** Addresses of 32-bit programs are 32 bits wide. */
  private wrapped(address: number): number {
    return this.facts.xlen === 32 ? address >>> 0 : address;
  }

  print(bytes: Uint8Array, offset: number, end: number, address: number): number {
    const { disassembler } = this;
    this.nameUnknown();
    this.bytesPerLine = 8;
    if (!disassembler.print(bytes, offset, end, address | 0, highHalf(address) | 0)) {
      this.text = `Address 0x${addressText(address)} is out of bounds.\n`;
      this.bytesPerLine = 0;
      this.bytesPerChunk = 1;
      return OUT_OF_BOUNDS;
    }
    const { size, operands } = disassembler;
    this.bytesPerChunk = size % 4 === 0 ? 4 : 2;
    let text = disassembler.mnemonic;
    if (operands !== "") text += `\t${operands}`;
    if (disassembler.hasComment)
      text += ` # ${this.address(this.wrapped(addressOf(disassembler.commentLow, disassembler.commentHigh)))}`;
    this.text = text;
    return size;
  }

  private nameUnknown(): void {
    for (const option of this.unknown.splice(0)) this.complain(option);
  }

  data(bytes: Uint8Array, offset: number, _end: number, size: number): number {
    this.nameUnknown();
    const hex = (count: number) => {
      let text = "";
      for (let i = count - 1; i >= 0; i--) text += bytes[offset + i].toString(16).padStart(2, "0");
      return text;
    };
    this.bytesPerChunk = size;
    this.bytesPerLine = size === 1 ? 6 : 8;
    const directive = size === 1 ? ".byte" : size === 2 ? ".short" : ".word";
    this.text = `${directive}\t0x${hex(size)}`;
    return size;
  }

  enter(mapping: string): void {
    if (!mapping.startsWith("$xrv")) return;
    const architecture = mapping.slice(2);
    if (architecture === this.architecture) return;
    this.architecture = architecture;
    this.disassembler.useMachine(this.machine(architecture));
  }
}
