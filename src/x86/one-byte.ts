import { conditions, type Entry, opcodeMap } from "./tables.ts";

// The opcodes of one byte, in the order of the Intel manual's map.

/** Eight instructions of the arithmetic group, of which all but the last write. */
const arithmetic = "add or adc sbb and sub xor cmp".split(" ");

function arithmeticRows(index: number, rest: readonly Entry[]): Entry[] {
  const name = arithmetic[index];
  const locks = name === "cmp" ? "" : "1";
  return [
    `${name} Eb${locks},Gb`,
    `${name} Ev${locks},Gv`,
    `${name} Gb,Eb`,
    `${name} Gv,Ev`,
    `${name} AL,Ib`,
    `${name} eAX,Iv`,
    ...rest,
  ];
}

const group1 = (letter: string, target: string, immediate: string): Entry => ({
  reg: arithmetic.map((name) => `${name}{${letter}} ${target}${name === "cmp" ? "" : "1"},${immediate}`),
});
const shifts = (letter: string, operands: string): Entry => ({
  reg: "rol ror rcl rcr shl shr shl sar".split(" ").map((name) => `${name}{${letter}} ${operands}`),
});
const unary = (letter: string, target: string, immediate: string): Entry => ({
  reg: [
    `test{${letter}} ${target},${immediate}`,
    `test{${letter}} ${target},${immediate}`,
    `not{${letter}} ${target}1`,
    `neg{${letter}} ${target}1`,
    `mul{${letter}} ${target}`,
    `imul{${letter}} ${target}`,
    `div{${letter}} ${target}`,
    `idiv{${letter}} ${target}`,
  ],
});
/** Only in 16- and 32-bit mode. */
const old = (entry: Entry): Entry => ({ bits: [entry, undefined] });
const eight = (entry: Entry): Entry[] => new Array<Entry>(8).fill(entry);
const float: Entry = { escape: "float" };

export const oneByte = opcodeMap({
  0: arithmeticRows(0, [old("push{t} es"), old("pop{t} es")]),
  8: arithmeticRows(1, [old("push{t} cs")]),
  16: arithmeticRows(2, [old("push{t} ss"), old("pop{t} ss")]),
  24: arithmeticRows(3, [old("push{t} ds"), old("pop{t} ds")]),
  32: arithmeticRows(4, [undefined, old("daa")]),
  40: arithmeticRows(5, [undefined, old("das")]),
  48: arithmeticRows(6, [undefined, old("aaa")]),
  56: arithmeticRows(7, [undefined, old("aas")]),
  64: [...eight("inc zv"), ...eight("dec zv")],
  80: [...eight("push zstack"), ...eight("pop zstack")],
  96: [
    old("pusha{t}"),
    old("popa{t}"),
    { bits: [{ mod: ["bound Gv,Ma", { escape: "evex" }] }, { escape: "evex" }] },
    { bits: ["arpl Ew,Gw", "movs Gv,Emovsxd"] },
  ],
  104: [
    "push{t} sIv",
    "imul Gv,Ev,Iv",
    "push{t} sIbt",
    "imul Gv,Ev,sIb",
    "ins{b|} Yr,DX",
    { bits: ["ins{r} Yr,DX", "ins{port} Yr,DX"] },
    "outs{b|} DXr,X",
    { bits: ["outs{r} DXr,X", "outs{port} DXr,X"] },
  ],
  112: conditions.map((condition) => `j${condition}{hint} Jb,bnd`),
  128: [
    group1("b", "Eb", "Ib"),
    group1("v", "Ev", "Iv"),
    old(group1("b", "Eb", "Ib")),
    group1("v", "Ev", "sIb"),
    "test Eb,Gb",
    "test Ev,Gv",
    "xchg Eb2,Gb",
    "xchg Ev2,Gv",
  ],
  136: [
    "mov Eb3,Gb",
    "mov Ev3,Gv",
    "mov Gb,Eb",
    "mov Gv,Ev",
    "mov Sv,Sw",
    { mod: ["lea Gv,M", undefined] },
    "mov Sw,Sv",
    { reg: ["pop{P} Estack", { escape: "xop" }, undefined, undefined, undefined, { escape: "xop" }] },
  ],
  144: [
    { pp: ["xchg nop0,nop1", "pause", "xchg nop0,nop1", null] },
    ...eight("xchg zv,eAX").slice(1),
    "c{cbw}",
    "c{cwd}",
    old("{l|}call{P} Ap"),
    undefined,
    "pushf{t}",
    "popf{t}",
    "sahf",
    "lahf",
  ],
  160: ["mov{abs} AL,Ob", "mov{abs} eAX,Ov", "mov{abs} Ob,AL", "mov{abs} Ov,eAX"],
  164: ["movs{b|} Yr,X", "movs{r} Yr,X", "cmps{b|} X,Y", "cmps{r} X,Y"],
  168: ["test AL,Ib", "test eAX,Iv", "stos Yr,AL", "stos Yr,eAX"],
  172: ["lods ALr,X", "lods eAXr,X", "scas AL,Y", "scas eAX,Y"],
  176: [...eight("mov zb,Ib"), ...eight("mov{abs64} zv,Iv64")],
  192: [
    shifts("b", "Eb,Ib"),
    shifts("v", "Ev,Ib"),
    { bits: ["ret{t} Iw,bnd", "ret{n} Iw,bnd"] },
    { bits: ["ret{t} bnd", "ret{n} bnd"] },
    { bits: [{ mod: ["les Gv,Mp", { escape: "vex3" }] }, { escape: "vex3" }] },
    { bits: [{ mod: ["lds Gv,Mp", { escape: "vex2" }] }, { escape: "vex2" }] },
    {
      reg: [
        "mov{b} Eb3,Ib",
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        { mod: [undefined, { rm: ["xabort skip,Ib"] }] },
      ],
    },
    {
      reg: [
        "mov{v} Ev3,Iv",
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        { mod: [undefined, { rm: ["xbegin{t} skip,Jx"] }] },
      ],
    },
  ],
  200: [
    "enter{t} Iw,Ib",
    "leave{t}",
    "{l|}ret{|f}{lp} Iw",
    "{l|}ret{|f}{lp}",
    "int3",
    "int Ib",
    old("into"),
    "iret{lp}",
  ],
  208: [shifts("b", "Eb,I1"), shifts("v", "Ev,I1"), shifts("b", "Eb,CL"), shifts("v", "Ev,CL")],
  212: [old("aam Ib"), old("aad Ib"), undefined, "xlat BX"],
  216: eight(float),
  224: ["loopne{loop}{hint} Jb", "loope{loop}{hint} Jb", "loop{loop}{hint} Jb", "j{cx}cxz{hint} Jb"],
  228: ["in AL,Ib", "in zAX,Ib", "out Ib,AL", "out Ib,zAX"],
  232: [
    { bits: ["call{t} Jv,bnd", "call{n} Jv,bnd"] },
    { bits: ["jmp{t} Jv,bnd", "jmp{n} Jv,bnd"] },
    old("{l|}jmp{P} Ap"),
    "jmp Jb,bnd",
    "in AL,DX",
    "in zAX,DX",
    "out DX,AL",
    "out DX,zAX",
  ],
  240: [
    undefined,
    "int1",
    undefined,
    undefined,
    "hlt",
    "cmc",
    unary("b", "Eb", "Ib"),
    unary("v", "Ev", "Iv"),
  ],
  248: [
    "clc",
    "stc",
    "cli",
    "sti",
    "cld",
    "std",
    { reg: ["inc{b} Eb1", "dec{b} Eb1"] },
    {
      reg: [
        "inc{v} Ev1",
        "dec{v} Ev1",
        "call{N} notrack,*Ev,bnd",
        { mod: ["{l|}call{far} *Ep", undefined] },
        "jmp{N} notrack,*Ev,bnd",
        { mod: ["{l|}jmp{far} *Ep", undefined] },
        "push{P} Estack",
      ],
    },
  ],
});

/** Opcodes that have a ModRM byte. */
export function hasModrm(opcode: number): boolean {
  if (opcode < 0x40) return (opcode & 7) < 4;
  if (opcode < 0x80) return opcode === 0x62 || opcode === 0x63 || opcode === 0x69 || opcode === 0x6b;
  if (opcode < 0x90) return true;
  if (opcode < 0xc0) return false;
  if (opcode < 0xd0) return opcode < 0xc8 && opcode !== 0xc2 && opcode !== 0xc3;
  return opcode < 0xd4 || (opcode >= 0xd8 && opcode < 0xe0) || (opcode & 0xf6) === 0xf6;
}
