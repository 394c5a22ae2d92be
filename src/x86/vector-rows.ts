import type { Entry } from "./tables.ts";

// What the maps of VEX and EVEX are written with.

/** Only with W clear, or set; only with 128 bits, 256, 512; only memory, or registers; only in 64-bit mode. */
export const w0 = (entry: Entry): Entry => ({ w: [entry, undefined] });
export const w1 = (entry: Entry): Entry => ({ w: [undefined, entry] });
export const w = (zero: Entry, one: Entry): Entry => ({ w: [zero, one] });
export const l0 = (entry: Entry): Entry => ({ l: [entry] });
export const l1 = (entry: Entry): Entry => ({ l: [undefined, entry] });
export const l2 = (entry: Entry): Entry => ({ l: [undefined, undefined, entry] });
/** 256 and 512 bits. */
export const l12 = (entry: Entry): Entry => ({ l: [undefined, entry, entry] });
export const inMemory = (entry: Entry): Entry => ({ mod: [entry, undefined] });
export const inRegister = (entry: Entry): Entry => ({ mod: [undefined, entry] });
export const only64 = (entry: Entry): Entry => ({ bits: [undefined, entry] });

/** Instructions of three operands whose opcode has the operand-size prefix. */
export const packed = (names: string, operands = "V,H,Wx"): Entry[] =>
  names.split(" ").map((name) => (name === "-" ? undefined : `@${name} ${operands}`));

/** Packed and scalar, single and double, with rounding or the suppression of exceptions. */
export const four = (name: string, exceptions: "er" | "sae", sources = "H,"): Entry => ({
  pp: [
    `{evex}v${name}p{x} V,${sources}Wx,${exceptions}`,
    `{evex}v${name}s{xs} Vs,Hs,Wd,${exceptions}`,
    `{evex}v${name}p{x} V,${sources}Wx,${exceptions}`,
    `{evex}v${name}s{xd} Vs,Hs,Wq,${exceptions}`,
  ],
});

/** The sixteen opcodes of fused multiplications with one order of operands. */
export const fused = (
  order: string,
  packedName: (name: string) => Entry,
  scalarName: (name: string) => Entry,
): Entry[] => [
  packedName(`fmaddsub${order}`),
  packedName(`fmsubadd${order}`),
  ...["fmadd", "fmsub", "fnmadd", "fnmsub"].flatMap((name) => [
    packedName(name + order),
    scalarName(name + order),
  ]),
];

// Rows that both maps have.
export const moves = {
  unaligned: {
    pp: [
      "{evex}vmovup{x} V,Wplain",
      "{evex}vmovs{xs} Vs,Hsr,Wd",
      "{evex}vmovup{x} V,Wplain",
      "{evex}vmovs{xd} Vs,Hsr,Wq",
    ],
  },
  unalignedStore: {
    pp: [
      "{evex}vmovup{x} Wplain,V",
      "{evex}vmovs{xs} Wds,Hsr,Vs",
      "{evex}vmovup{x} Wplain,V",
      "{evex}vmovs{xd} Wqs,Hsr,Vs",
    ],
  },
  low: {
    pp: [
      { mod: [l0("{evex}vmovlp{x} V,H,Wq"), l0("{evex}vmovhlp{xs} V,H,Wq")] },
      "{evex}vmov{xs}ldup V,Wplain",
      inMemory(l0("{evex}vmovlp{x} V,H,Wq")),
      "{evex}vmov{xd}dup V,Wdup",
    ],
  },
  lowStore: inMemory(l0("!{evex}vmovlp{x} Wq,V")),
  high: {
    pp: [
      { mod: [l0("{evex}vmovhp{x} V,H,Wq"), l0("{evex}vmovlhp{xs} V,H,Wq")] },
      "{evex}vmov{xs}hdup V,Wplain",
      inMemory(l0("{evex}vmovhp{x} V,H,Wq")),
    ],
  },
  highStore: inMemory(l0("!{evex}vmovhp{x} Wq,V")),
} satisfies Record<string, Entry>;

/** 2A to 2F: conversions and comparisons of scalars. */
export const scalars: Entry[] = [
  { pp: [undefined, "{evex}vcvtsi2ss{LQ} Vs,Hs,er,Ey", undefined, "{evex}vcvtsi2sd{LQ} Vs,Hs,er64,Ey"] },
  inMemory("!{evex}vmovntp{x} Mx,V"),
  { pp: [undefined, "{evex}vcvttss2si Gy,Wd,sae", undefined, "{evex}vcvttsd2si Gy,Wq,sae"] },
  { pp: [undefined, "{evex}vcvtss2si Gy,Wd,er", undefined, "{evex}vcvtsd2si Gy,Wq,er"] },
  { pp: ["{evex}vucomis{x} Vs,Wd,sae", undefined, "{evex}vucomis{x} Vs,Wq,sae"] },
  { pp: ["{evex}vcomis{x} Vs,Wd,sae", undefined, "{evex}vcomis{x} Vs,Wq,sae"] },
];

export const conversions: Entry = {
  pp: [
    "{evex}vcvtp{xs}2pd V,Whalfb,sae",
    "{evex}vcvts{xs}2sd Vs,Hs,Wd,sae",
    "{evex}vcvtp{xd}2ps{xy} Vhalf,Wx,er",
    "{evex}vcvts{xd}2ss Vs,Hs,Wq,er",
  ],
};

/** VNNI's dot products. */
export const dotProducts: Entry[] = [
  w0({ pp: ["vpdpbuud V,H,Wx", "vpdpbsud V,H,Wx", "{vex}vpdpbusd V,H,Wx", "vpdpbssd V,H,Wx"] }),
  w0({ pp: ["vpdpbuuds V,H,Wx", "vpdpbsuds V,H,Wx", "{vex}vpdpbusds V,H,Wx", "vpdpbssds V,H,Wx"] }),
];
