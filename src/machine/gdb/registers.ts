import { integerNames } from "../../riscv/index.ts";
import type { Hart } from "../hart.ts";
import { littleEndianHex, littleEndianValue } from "./packets.ts";

/** The registers as GDB counts them, and their description in its XML. */

export interface Register {
  readonly number: number;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly get: (hart: Hart) => bigint;
  readonly set: (hart: Hart, value: bigint) => void;
}

const floatNames = (
  "ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 " +
  "fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11"
).split(" ");

const FIRST_FLOAT = 33;
const FIRST_CSR = 65;

/** In the order of the `g` packet. */
export function registersOf(xlen: 32 | 64): readonly Register[] {
  const size = xlen / 8;
  const list: Register[] = [];
  for (let i = 0; i < 32; i++)
    list.push({
      number: i,
      name: i === 8 ? "fp" : integerNames[i],
      size,
      get: (hart) => hart.x(i),
      set: (hart, value) => hart.setX(i, value),
    });
  list.push({
    number: 32,
    name: "pc",
    size,
    get: (hart) => hart.pc,
    set: (hart, value) => {
      hart.pc = value;
    },
  });
  for (let i = 0; i < 32; i++)
    list.push({
      number: FIRST_FLOAT + i,
      name: floatNames[i],
      size: 8,
      get: (hart) => hart.f(i),
      set: (hart, value) => hart.setF(i, value),
    });
  const csr = (
    number: number,
    name: string,
    get: (hart: Hart) => number,
    set: (hart: Hart, v: number) => void,
  ) =>
    list.push({
      number: FIRST_CSR + number,
      name,
      size: 4,
      get: (hart) => BigInt(get(hart)),
      set: (hart, value) => set(hart, Number(value)),
    });
  csr(
    1,
    "fflags",
    (hart) => hart.fflags,
    (hart, value) => {
      hart.fflags = value;
    },
  );
  csr(
    2,
    "frm",
    (hart) => hart.frm,
    (hart, value) => {
      hart.frm = value;
    },
  );
  csr(
    3,
    "fcsr",
    (hart) => (hart.frm << 5) | hart.fflags,
    (hart, value) => {
      hart.fflags = value & 31;
      hart.frm = (value >> 5) & 7;
    },
  );
  return list;
}

export function allRegisters(registers: readonly Register[], hart: Hart): string {
  return registers.map(({ size, get }) => littleEndianHex(get(hart), size)).join("");
}

export function setAllRegisters(registers: readonly Register[], hart: Hart, text: string): void {
  let at = 0;
  for (const { size, set } of registers) {
    const part = text.slice(at, at + 2 * size);
    if (part.length === 2 * size && !part.includes("x")) set(hart, littleEndianValue(part));
    at += 2 * size;
  }
}

/** The target description that GDB asks for. */
export function describeTarget(xlen: 32 | 64, registers: readonly Register[], isLinux: boolean): string {
  const row = ({ number, name, size }: Register, type: string) =>
    `<reg name="${name}" bitsize="${size * 8}" type="${type}" regnum="${number}"/>`;
  const types: Readonly<Record<string, string>> = {
    pc: "code_ptr",
    sp: "data_ptr",
    fp: "data_ptr",
    ra: "code_ptr",
  };
  const general = registers.filter(({ number }) => number <= 32).map((r) => row(r, types[r.name] ?? "int"));
  const float = registers.filter(({ number }) => number >= FIRST_FLOAT && number < FIRST_CSR);
  const status = registers.filter(({ number }) => number >= FIRST_CSR);
  return `<?xml version="1.0"?>
<!DOCTYPE target SYSTEM "gdb-target.dtd">
<target>
<architecture>riscv:rv${xlen}</architecture>
${isLinux ? "<osabi>GNU/Linux</osabi>\n" : ""}<feature name="org.gnu.gdb.riscv.cpu">
${general.join("\n")}
</feature>
<feature name="org.gnu.gdb.riscv.fpu">
<union id="riscv_double"><field name="float" type="ieee_single"/><field name="double" type="ieee_double"/></union>
${float.map((r) => row(r, "riscv_double")).join("\n")}
${status.map((r) => row(r, "int")).join("\n")}
</feature>
</target>
`;
}
