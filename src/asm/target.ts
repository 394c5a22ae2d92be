import {
  type Architecture,
  architectureString,
  type Form,
  formSupported,
  type Isa,
  type IsaSpec,
  isa,
  isaSpecs,
  type PrivilegedSpec,
  parseArchitecture,
  privilegedSpecs,
  updateArchitecture,
} from "../riscv/index.ts";
import type { AssembleOptions } from "./options.ts";

/** Bits of ELF's e_flags. */
const EF_RISCV_RVC = 1;
const EF_RISCV_FLOAT_ABI = 6;
const EF_RISCV_RVE = 8;
const EF_RISCV_TSO = 16;

/** What .option push saves. */
interface Saved {
  readonly pic: boolean;
  readonly relax: boolean;
  readonly csrCheck: boolean;
  readonly machine: Architecture;
  readonly architecture: string;
  readonly compressed: boolean;
}

/** -mabi: pointer width, float registers for arguments (0 none, 1 F, 2 D, 3 Q), rve. */
const abis: Readonly<Record<string, readonly [xlen: 32 | 64, float: number, embedded: boolean]>> = {
  ilp32: [32, 0, false],
  ilp32e: [32, 0, true],
  ilp32f: [32, 1, false],
  ilp32d: [32, 2, false],
  ilp32q: [32, 3, false],
  lp64: [64, 0, false],
  lp64f: [64, 1, false],
  lp64d: [64, 2, false],
  lp64q: [64, 3, false],
};

/** The names that -mabi takes. */
export const abiNames: readonly string[] = Object.keys(abis);

/** The machine that is assembled for: register width, extensions, and the switches of `.option`. */
export class Target {
  machine: Architecture;
  /** The canonical name with versions: `rv64i2p1_m2p0`. */
  architecture = "";
  /** Counts changes of the extensions, for those who remember what these allow. */
  version = 0;
  /** The E base: only 16 registers. */
  embedded = false;
  /** Zfinx: floating-point numbers are in integer registers. */
  floatsInX = false;
  private withFloats: Isa;
  /** Instructions of 16 bits are made. */
  compressed = false;
  relax: boolean;
  pic: boolean;
  csrCheck: boolean;
  privilegedSpec: PrivilegedSpec;
  /** Width of the file's addresses: that of the architecture before any .option. */
  fileWidth: 32 | 64 = 64;
  private readonly spec: IsaSpec;
  private readonly stack: Saved[] = [];
  private readonly fail: (code: string, message: string) => void;
  private readonly abi: (typeof abis)[string] | undefined;
  private everCompressed = false;
  private everTso = false;
  private checkedAbi = false;

  constructor(options: AssembleOptions, fail: (code: string, message: string) => void) {
    this.fail = fail;
    this.relax = options.relax ?? true;
    this.pic = options.pic ?? false;
    this.csrCheck = options.csrCheck ?? false;
    this.spec = isaSpecs.find((each) => each === options.isaSpec) ?? "20191213";
    this.privilegedSpec = privilegedSpecs.find((each) => each === options.privSpec) ?? "1.11";
    this.abi =
      options.mabi !== undefined && Object.hasOwn(abis, options.mabi) ? abis[options.mabi] : undefined;
    this.machine = parseArchitecture("rv64g", { spec: this.spec }).architecture;
    this.withFloats = this.machine;
    this.setArchitecture(options.march ?? "rv64g");
  }

  get xlen(): 32 | 64 {
    return this.machine.xlen;
  }

  /** Width of pointers: that of registers, if -mabi does not say otherwise. */
  get pointerWidth(): 32 | 64 {
    return this.abi?.[0] ?? this.machine.xlen;
  }

  has(extension: string): boolean {
    return this.machine.extensions.has(extension);
  }

  /** Whether the machine has what a form needs; with Zfinx and its kin, arithmetic of floats needs no float registers. */
  supports(form: Form): boolean {
    if (formSupported(form, this.machine)) return true;
    if (!this.floatsInX || form.instruction.size === 2) return false;
    const { mnemonic } = form.instruction;
    if (/^f[lsh]?[whd]$/.test(mnemonic) || /^fmv\.(x\.[whd]|[whd]\.x)$/.test(mnemonic)) return false;
    return formSupported(form, this.withFloats);
  }

  /** -march, and the arch attribute. */
  setArchitecture(name: string): void {
    if (name === "") {
      this.fail(
        "AS0020",
        "the architecture string of -march and elf architecture attributes cannot be empty",
      );
      return;
    }
    const { architecture, messages } = parseArchitecture(name, { spec: this.spec });
    this.use(architecture, messages);
    this.fileWidth = architecture.xlen;
  }

  /** .option arch: `+zbb`, `-c`, or a whole name. */
  updateArchitecture(change: string): void {
    const { architecture, messages } = updateArchitecture(this.machine, change.replace(/\s/g, ""));
    this.use(architecture, messages);
  }

  private use(machine: Architecture, messages: readonly string[]): void {
    for (const message of messages) this.fail("AS0020", message);
    this.machine = machine;
    this.architecture = architectureString(machine);
    this.compressed = this.has("c") || this.has("zca");
    this.everCompressed ||= this.compressed;
    this.everTso ||= this.has("ztso");
    this.changed();
  }

  private changed(): void {
    this.embedded = this.has("e");
    this.floatsInX = this.has("zfinx");
    if (this.floatsInX) {
      const also = (["zfinx f", "zdinx d", "zhinx zfh", "zhinxmin zfhmin"] as const).map((pair) =>
        pair.split(" "),
      );
      const more = also.filter(([has]) => this.has(has)).map(([, float]) => float);
      this.withFloats = isa(this.xlen, [...this.machine.extensions, ...more]);
    }
    this.version++;
  }

  push(): void {
    const { pic, relax, csrCheck, machine, architecture, compressed } = this;
    this.stack.push({ pic, relax, csrCheck, machine, architecture, compressed });
  }

  pop(): boolean {
    const saved = this.stack.pop();
    if (!saved) return false;
    this.pic = saved.pic;
    this.relax = saved.relax;
    this.csrCheck = saved.csrCheck;
    this.machine = saved.machine;
    this.architecture = saved.architecture;
    this.compressed = saved.compressed;
    this.changed();
    return true;
  }

  /** Before the first instruction: whether -mabi and -march go together. */
  checkAbi(): void {
    if (this.checkedAbi || !this.abi) return;
    this.checkedAbi = true;
    const [width, float, embedded] = this.abi;
    const { xlen } = this;
    if (width > xlen) this.fail("AS0021", `can't have ${width}-bit ABI on ${xlen}-bit ISA`);
    else if (width < xlen) this.fail("AS0021", `${width}-bit ABI not yet supported on ${xlen}-bit ISA`);
    if (this.has("e") && !embedded) this.fail("AS0021", "only the ilp32e ABI is supported for e extension");
    const letter = ["", "f", "d", "q"][float];
    if (letter !== "" && !this.has(letter))
      this.fail(
        "AS0021",
        `ilp32${letter}/lp64${letter} ABI can't be used when ${letter} extension isn't supported`,
      );
  }

  /** ELF's e_flags. */
  get flags(): number {
    const byArchitecture = this.has("q") ? 3 : this.has("d") ? 2 : 0;
    const float = this.abi ? this.abi[1] : byArchitecture;
    const embedded = this.abi ? this.abi[2] : this.has("e") && byArchitecture === 0;
    return (
      (this.everCompressed ? EF_RISCV_RVC : 0) |
      ((float << 1) & EF_RISCV_FLOAT_ABI) |
      (embedded ? EF_RISCV_RVE : 0) |
      (this.everTso ? EF_RISCV_TSO : 0)
    );
  }
}
