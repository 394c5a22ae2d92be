import type { AssembleOptions } from "./options.ts";

/** Bits of ELF's e_flags. */
const EF_RISCV_RVC = 1;
const EF_RISCV_RVE = 8;
const EF_RISCV_TSO = 16;

/** What .option push saves. */
interface Saved {
  readonly pic: boolean;
  readonly relax: boolean;
  readonly csrCheck: boolean;
  readonly extensions: ReadonlyMap<string, string>;
  readonly compressed: boolean;
}

/** The machine that is assembled for: register width, extensions, and the switches of `.option`. */
export class Target {
  xlen: 32 | 64 = 64;
  /** The canonical name with versions: `rv64i2p1_m2p0`. */
  architecture = "";
  /** Extension to version, as in the name. */
  extensions: ReadonlyMap<string, string> = new Map();
  compressed = false;
  relax: boolean;
  pic: boolean;
  csrCheck: boolean;
  private readonly stack: Saved[] = [];
  private readonly fail: (code: string, message: string) => void;
  private tso = false;
  private everCompressed = false;

  constructor(options: AssembleOptions, fail: (code: string, message: string) => void) {
    this.fail = fail;
    this.relax = options.relax ?? true;
    this.pic = options.pic ?? false;
    this.csrCheck = options.csrCheck ?? false;
    this.setArchitecture(options.march ?? "rv64gc");
  }

  has(extension: string): boolean {
    return this.extensions.has(extension);
  }

  setArchitecture(name: string): void {
    this.xlen = name.startsWith("rv32") ? 32 : 64;
    this.architecture = name;
    this.compressed = /c|g/.test(name.slice(4));
    if (this.compressed) this.everCompressed = true;
  }

  /** ELF's e_flags but for the floating-point ABI. */
  get flags(): number {
    return (
      (this.everCompressed ? EF_RISCV_RVC : 0) |
      (this.tso ? EF_RISCV_TSO : 0) |
      (this.has("e") ? EF_RISCV_RVE : 0)
    );
  }

  privilegedSpec = "1.11.0";

  /** .option arch: `+zbb`, `-c`, or a whole name. */
  updateArchitecture(change: string): void {
    void change;
  }

  push(): void {
    const { pic, relax, csrCheck, extensions, compressed } = this;
    this.stack.push({ pic, relax, csrCheck, extensions, compressed });
  }

  pop(): boolean {
    const saved = this.stack.pop();
    if (!saved) return false;
    Object.assign(this, saved);
    return true;
  }

  protected complain(message: string): void {
    this.fail("AS0020", message);
  }
}
