import { type Entry, opcodeMap } from "./tables.ts";
import {
  conversions,
  dotProducts,
  four,
  fused,
  inMemory,
  inRegister,
  l0,
  l2,
  l12,
  moves,
  packed,
  scalars,
  w,
  w0,
  w1,
} from "./vector-rows.ts";

// The opcodes behind EVEX (62): AVX-512 and its successors. `{evex}` is said of
// those that VEX could encode as well, where nothing of EVEX is used.

const three = "V,H,Wx";
const names = (list: string, operands = three): Entry[] =>
  list.split(" ").map((name) => (name === "-" ? undefined : `@{evex}${name} ${operands}`));
const named0 = (name: string, operands = three): Entry => w0(`@{evex}${name} ${operands}`);
const named1 = (name: string, operands = three): Entry => w1(`@{evex}${name} ${operands}`);
/** Doublewords and quadwords of instructions that VEX has for doublewords. */
const wide = (name: string, operands = three): Entry => `@{evexw}${name}{dq} ${operands}`;
const shifted = "V,H,Wxmm";
/** F3: narrowing with saturation or without; 66: another instruction. */
const narrow = (name: string, to: string, other: Entry): Entry => ({
  pp: [undefined, w0(`${name} ${to},V`), other],
});

const evex0f = opcodeMap({
  16: [
    moves.unaligned,
    moves.unalignedStore,
    moves.low,
    moves.lowStore,
    "!{evex}vunpcklp{x} V,H,Wx",
    "!{evex}vunpckhp{x} V,H,Wx",
    moves.high,
    moves.highStore,
  ],
  40: ["!{evex}vmovap{x} V,Wx", "!{evex}vmovap{x} Wplain,V", ...scalars],
  81: [four("sqrt", "er", "")],
  84: [
    "!{evex}vandp{x} V,H,Wx",
    "!{evex}vandnp{x} V,H,Wx",
    "!{evex}vorp{x} V,H,Wx",
    "!{evex}vxorp{x} V,H,Wx",
    four("add", "er"),
    four("mul", "er"),
    conversions,
    {
      pp: [
        w("{evex}vcvtdq2ps V,Wx,er", "vcvtqq2ps{xy} Vhalf,Wx,er"),
        "{evex}vcvttp{xs}2dq V,Wx,sae",
        "{evex}vcvtp{xs}2dq V,Wx,er",
      ],
    },
    four("sub", "er"),
    four("min", "sae"),
    four("div", "er"),
    four("max", "sae"),
  ],
  96: [
    ...names("vpunpcklbw vpunpcklwd"),
    named0("vpunpckldq"),
    ...names("vpacksswb"),
    "@vpcmpgtb Gk,H,Wx",
    "@vpcmpgtw Gk,H,Wx",
    w0("@vpcmpgtd Gk,H,Wx"),
    ...names("vpackuswb vpunpckhbw vpunpckhwd"),
    named0("vpunpckhdq"),
    named0("vpackssdw"),
    named1("vpunpcklqdq"),
    named1("vpunpckhqdq"),
    l0("@{evex}vmov{k} Vs,Ey"),
    {
      pp: [
        undefined,
        w("vmovdqu32 V,Wplain", "vmovdqu64 V,Wplain"),
        w("vmovdqa32 V,Wplain", "vmovdqa64 V,Wplain"),
        w("vmovdqu8 V,Wx", "vmovdqu16 V,Wx"),
      ],
    },
  ],
  112: [
    { pp: [undefined, "{evex}vpshufhw V,Wx,Ib", w0("{evex}vpshufd V,Wx,Ib"), "{evex}vpshuflw V,Wx,Ib"] },
    { reg: names("- - vpsrlw - vpsraw - vpsllw", "H,Wx,Ib") },
    {
      reg: [
        "@vpror{dq} H,Wx,Ib",
        "@vprol{dq} H,Wx,Ib",
        named0("vpsrld", "H,Wx,Ib"),
        undefined,
        wide("vpsra", "H,Wx,Ib"),
        undefined,
        named0("vpslld", "H,Wx,Ib"),
      ],
    },
    {
      reg: [
        undefined,
        undefined,
        named1("vpsrlq", "H,Wx,Ib"),
        "@{evex}vpsrldq H,Wx,Ib",
        undefined,
        undefined,
        named1("vpsllq", "H,Wx,Ib"),
        "@{evex}vpslldq H,Wx,Ib",
      ],
    },
    "@vpcmpeqb Gk,H,Wx",
    "@vpcmpeqw Gk,H,Wx",
    w0("@vpcmpeqd Gk,H,Wx"),
  ],
  120: [
    {
      pp: [
        w("vcvttps2udq V,Wx,sae", "vcvttpd2udq{xy} Vhalf,Wx,sae"),
        "vcvttss2usi Gy,Wd,sae",
        w("vcvttps2uqq V,Whalfb,sae", "vcvttpd2uqq V,Wx,sae"),
        "vcvttsd2usi Gy,Wq,sae",
      ],
    },
    {
      pp: [
        w("vcvtps2udq V,Wx,er", "vcvtpd2udq{xy} Vhalf,Wx,er"),
        "vcvtss2usi Gy,Wd,er",
        w("vcvtps2uqq V,Whalfb,er", "vcvtpd2uqq V,Wx,er"),
        "vcvtsd2usi Gy,Wq,er",
      ],
    },
    {
      pp: [
        undefined,
        w("vcvtudq2pd V,Whalfb", "vcvtuqq2pd V,Wx,er"),
        w("vcvttps2qq V,Whalfb,sae", "vcvttpd2qq V,Wx,sae"),
        w("vcvtudq2ps V,Wx,er", "vcvtuqq2ps{xy} Vhalf,Wx,er"),
      ],
    },
    {
      pp: [
        undefined,
        "vcvtusi2ss{LQ} Vs,Hs,er,Ey",
        w("vcvtps2qq V,Whalfb,er", "vcvtpd2qq V,Wx,er"),
        "vcvtusi2sd{LQ} Vs,Hs,er64,Ey",
      ],
    },
  ],
  126: [
    { pp: [undefined, w1(l0("{evex}vmovq Vs,Wq")), l0("{evex}vmov{k} Ey,Vs")] },
    {
      pp: [
        undefined,
        w("vmovdqu32 Wplain,V", "vmovdqu64 Wplain,V"),
        w("vmovdqa32 Wplain,V", "vmovdqa64 Wplain,V"),
        w("vmovdqu8 Wplain,V", "vmovdqu16 Wplain,V"),
      ],
    },
  ],
  194: [
    {
      pp: [
        "!vcmpp{x} Gk,H,Wx,sae,cmp",
        "vcmps{xs} Gk,Hs,Wd,sae,cmp",
        "!vcmpp{x} Gk,H,Wx,sae,cmp",
        "vcmps{xd} Gk,Hs,Wq,sae,cmp",
      ],
    },
    undefined,
    l0("@{evex}vpinsrw V,H,Edw,Ib"),
    l0("@{evex}vpextrw Gd,Ux,Ib"),
    "!{evex}vshufp{x} V,H,Wx,Ib",
  ],
  209: [
    ...names("vpsrlw", shifted),
    named0("vpsrld", shifted),
    named1("vpsrlq", shifted),
    named1("vpaddq"),
    ...names("vpmullw"),
    w1(l0("@{evex}vmovq Wqs,Vs")),
  ],
  216: [
    ...names("vpsubusb vpsubusw vpminub"),
    "@vpand{dq} V,H,Wx",
    ...names("vpaddusb vpaddusw vpmaxub"),
    "@vpandn{dq} V,H,Wx",
    ...names("vpavgb"),
    ...names("vpsraw", shifted),
    wide("vpsra", shifted),
    ...names("vpavgw vpmulhuw vpmulhw"),
    {
      pp: [
        undefined,
        w("{evex}vcvtdq2pd V,Whalfb", "vcvtqq2pd V,Wx,er"),
        "{evex}vcvttp{xd}2dq{xy} Vhalf,Wx,sae",
        "{evex}vcvtp{xd}2dq{xy} Vhalf,Wx,er",
      ],
    },
    w0("@{evex}vmovntdq Wplain,V"),
    ...names("vpsubsb vpsubsw vpminsw"),
    "@vpor{dq} V,H,Wx",
    ...names("vpaddsb vpaddsw vpmaxsw"),
    "@vpxor{dq} V,H,Wx",
  ],
  241: [
    ...names("vpsllw", shifted),
    named0("vpslld", shifted),
    named1("vpsllq", shifted),
    named1("vpmuludq"),
    ...names("vpmaddwd vpsadbw - vpsubb vpsubw"),
    named0("vpsubd"),
    named1("vpsubq"),
    ...names("vpaddb vpaddw"),
    named0("vpaddd"),
  ],
});

const fma = (order: string): Entry[] =>
  fused(
    order,
    (name) => `@{evex}v${name}p{sd} V,H,Wx,er`,
    (name) => `@{evex}v${name}s{sd} Vs,Hs,Wy,er`,
  );
/** Those of 9A, 9B, AA and AB share their opcodes with F2. */
const withFour = (list: readonly Entry[], name: string): Entry[] => {
  const rows = [...list];
  for (const [at, four4] of [
    [4, `v4${name}p{xs} V,H,Mxmm`],
    [5, `v4${name}s{xs} Vs,Hs,Mxmm`],
  ] as const) {
    const own = rows[at];
    rows[at] = { pp: [undefined, undefined, typeof own === "string" ? own.slice(1) : own, four4] };
  }
  return rows;
};
const widened = (name: string, from: string): string => `{evex}${name} V,${from}`;
const prefetch = (kind: string, operand: string): Entry =>
  inMemory(
    l2({
      reg: [
        undefined,
        `@vgatherpf0${kind}p{sd} ${operand}`,
        `@vgatherpf1${kind}p{sd} ${operand}`,
        undefined,
        undefined,
        `@vscatterpf0${kind}p{sd} ${operand}`,
        `@vscatterpf1${kind}p{sd} ${operand}`,
      ],
    }),
  );

const evex0f38 = opcodeMap({
  0: names("vpshufb - - - vpmaddubsw"),
  11: [...names("vpmulhrsw"), named0("vpermilps"), "@{evex}vpermilp{xd} V,H,Wx"],
  16: [
    narrow("vpmovuswb", "Whalf", w1("vpsrlvw V,H,Wx")),
    narrow("vpmovusdb", "Wquarter", w1("vpsravw V,H,Wx")),
    narrow("vpmovusqb", "Weighth", w1("vpsllvw V,H,Wx")),
    narrow("vpmovusdw", "Whalf", "{evex}vcvtph2p{xs} V,Whalf,sae"),
    narrow("vpmovusqw", "Wquarter", "vprorv{dq} V,H,Wx"),
    narrow("vpmovusqd", "Whalf", "vprolv{dq} V,H,Wx"),
    { l: [undefined, "@{evex}vpermp{sd} V,H,Wx", "@vpermp{sd} V,H,Wx"] },
  ],
  24: [
    named0("vbroadcastss", "V,Wd"),
    l12(w("@vbroadcastf32x2 V,Wq", "@{evex}vbroadcastsd V,Wq")),
    inMemory(l12(w("@vbroadcastf32x4 V,Wxmm", "@vbroadcastf64x2 V,Wxmm"))),
    inMemory(l2(w("@vbroadcastf32x8 V,Wymm", "@vbroadcastf64x4 V,Wymm"))),
    ...names("vpabsb vpabsw", "V,Wx"),
    named0("vpabsd", "V,Wx"),
    w1("@vpabsq V,Wx"),
  ],
  32: [
    narrow("vpmovswb", "Whalf", widened("vpmovsxbw", "Whalf")),
    narrow("vpmovsdb", "Wquarter", widened("vpmovsxbd", "Wquarter")),
    narrow("vpmovsqb", "Weighth", widened("vpmovsxbq", "Weighth")),
    narrow("vpmovsdw", "Whalf", widened("vpmovsxwd", "Whalf")),
    narrow("vpmovsqw", "Wquarter", widened("vpmovsxwq", "Wquarter")),
    narrow("vpmovsqd", "Whalf", w0(widened("vpmovsxdq", "Whalf"))),
    { pp: [undefined, "vptestnm{bw} Gk,H,Wx", "vptestm{bw} Gk,H,Wx"] },
    { pp: [undefined, "vptestnm{dq} Gk,H,Wx", "vptestm{dq} Gk,H,Wx"] },
    { pp: [undefined, inRegister("vpmovm2{bw} V,Ek"), w1("{evex}vpmuldq V,H,Wx")] },
    { pp: [undefined, "vpmov{bw}2m Gk,Wx", w1("vpcmpeqq Gk,H,Wx")] },
    { pp: [undefined, w1(inRegister("vpbroadcastmb2q V,Ek")), w0("{evex}vmovntdqa V,Wplain")] },
    named0("vpackusdw"),
    "@vscalefp{sd} V,H,Wx,er",
    "@vscalefs{sd} Vs,Hs,Wy,er",
  ],
  48: [
    narrow("vpmovwb", "Whalf", widened("vpmovzxbw", "Whalf")),
    narrow("vpmovdb", "Wquarter", widened("vpmovzxbd", "Wquarter")),
    narrow("vpmovqb", "Weighth", widened("vpmovzxbq", "Weighth")),
    narrow("vpmovdw", "Whalf", widened("vpmovzxwd", "Whalf")),
    narrow("vpmovqw", "Wquarter", widened("vpmovzxwq", "Wquarter")),
    narrow("vpmovqd", "Whalf", w0(widened("vpmovzxdq", "Whalf"))),
    { l: [undefined, "@{evexw}vperm{dq} V,H,Wx", "@vperm{dq} V,H,Wx"] },
    w1("@vpcmpgtq Gk,H,Wx"),
    { pp: [undefined, inRegister("vpmovm2{dq} V,Ek"), "{evex}vpminsb V,H,Wx"] },
    { pp: [undefined, "vpmov{dq}2m Gk,Wx", "{evexw}vpmins{dq} V,H,Wx"] },
    { pp: [undefined, w0(inRegister("vpbroadcastmw2d V,Ek")), "{evex}vpminuw V,H,Wx"] },
    wide("vpminu"),
    ...names("vpmaxsb"),
    wide("vpmaxs"),
    ...names("vpmaxuw"),
    wide("vpmaxu"),
    wide("vpmull"),
  ],
  66: [
    "@vgetexpp{sd} V,Wx,sae",
    "@vgetexps{sd} Vs,Hs,Wy,sae",
    "@vplzcnt{dq} V,Wx",
    "@vpsrlv{dq} V,H,Wx",
    "@vpsrav{dq} V,H,Wx",
    "@vpsllv{dq} V,H,Wx",
  ],
  76: ["@vrcp14p{sd} V,Wx", "@vrcp14s{sd} Vs,Hs,Wy", "vrsqrt14p{sd} V,Wx", "@vrsqrt14s{sd} Vs,Hs,Wy"],
  80: [
    ...dotProducts,
    { pp: [undefined, "vdpbf16p{xs} V,H,Wx", w0("@{vex}vpdpwssd V,H,Wx"), "vp4dpws{xs}d V,H,Mxmm"] },
    { pp: [undefined, undefined, w0("@{vex}vpdpwssds V,H,Wx"), "vp4dpws{xs}ds V,H,Mxmm"] },
    "@vpopcnt{bw} V,Wx",
    "@vpopcnt{dq} V,Wx",
  ],
  88: [
    named0("vpbroadcastd", "V,Wd"),
    w("@vbroadcasti32x2 V,Wq", "@{evex}vpbroadcastq V,Wq"),
    inMemory(l12(w("@vbroadcasti32x4 V,Wxmm", "@vbroadcasti64x2 V,Wxmm"))),
    inMemory(l2(w("@vbroadcasti32x8 V,Wymm", "@vbroadcasti64x4 V,Wymm"))),
  ],
  98: ["@vpexpand{bw} V,Wbw", "@vpcompress{bw} Wbw,V", ...packed("vpblendm{dq} vblendmp{sd} vpblendm{bw}")],
  104: [{ pp: [undefined, undefined, undefined, "vp2intersect{dq} Gk,H,Wx,sae"] }],
  112: [
    w1("@vpshldvw V,H,Wx"),
    "@vpshldv{dq} V,H,Wx",
    {
      pp: [undefined, "vcvtnep{xs}2bf16{xy} Vhalf,Wx", w1("vpshrdvw V,H,Wx"), "vcvtne2p{xs}2bf16 V,H,Wx"],
    },
    "@vpshrdv{dq} V,H,Wx",
    undefined,
    ...packed("vpermi2{bw} vpermi2{dq} vpermi2p{sd}"),
    named0("vpbroadcastb", "V,Wb"),
    named0("vpbroadcastw", "V,Ww"),
    w0(inRegister("@vpbroadcastb V,Ed")),
    w0(inRegister("@vpbroadcastw V,Ed")),
    inRegister("@vpbroadcast{k} V,Ey"),
    ...packed("vpermt2{bw} vpermt2{dq} vpermt2p{sd}"),
  ],
  131: [w1("@vpmultishiftqb V,H,Wx")],
  136: [
    "@vexpandp{sd} V,Welement",
    "@vpexpand{dq} V,Welement",
    "@vcompressp{sd} Welement,V",
    "@vpcompress{dq} Welement,V",
    undefined,
    "@vperm{bw} V,H,Wx",
    undefined,
    "@vpshufbitqmb Gk,H,Wx",
    "@vpgatherd{dq} Vd,Mvd",
    "@vpgatherq{dq} Vq,Mvq",
    "@vgatherdp{sd} Vd,Mvd",
    "@vgatherqp{sd} Vq,Mvq",
  ],
  150: withFour(fma("132"), "fmadd"),
  160: ["@vpscatterd{dq} Mvd,V", "@vpscatterq{dq} Mvq,Vq", "@vscatterdp{sd} Mvd,V", "@vscatterqp{sd} Mvq,Vq"],
  166: withFour(fma("213"), "fnmadd"),
  180: [w1("@{vex}vpmadd52luq V,H,Wx"), w1("@{vex}vpmadd52huq V,H,Wx"), ...fma("231")],
  196: [
    "@vpconflict{dq} V,Wx",
    undefined,
    prefetch("d", "Mvd"),
    prefetch("q", "Mvq"),
    "@vexp2p{sd} V,Wx,sae",
  ],
  202: [
    "@vrcp28p{sd} V,Wx,sae",
    "@vrcp28s{sd} Vs,Hs,Wy,sae",
    "@vrsqrt28p{sd} V,Wx,sae",
    "@vrsqrt28s{sd} Vs,Hs,Wy,sae",
    undefined,
    named0("vgf2p8mulb"),
  ],
  220: names("vaesenc vaesenclast vaesdec vaesdeclast"),
});

const lanes = (name: string, four32: string, operands: string): Entry =>
  l12(w(`@${name}${four32}32x4 ${operands}`, `@${name}${four32}64x2 ${operands}`));
const lanes8 = (name: string, four32: string, operands: string): Entry =>
  l2(w(`@${name}${four32}32x8 ${operands}`, `@${name}${four32}64x4 ${operands}`));
const withHalves = (half: string, other: string): Entry => ({ pp: [half, undefined, other] });

const evex0f3a = opcodeMap({
  0: [
    l12(w1("@{evex}vpermq V,Wx,Ib")),
    l12(w1("@{evex}vpermpd V,Wx,Ib")),
    undefined,
    "@valign{dq} V,H,Wx,Ib",
    named0("vpermilps", "V,Wx,Ib"),
    "@{evex}vpermilp{xd} V,Wx,Ib",
  ],
  8: [
    withHalves("vrndscalep{xh} V,Wxh,sae,Ib", "vrndscalep{xs} V,Wx,sae,Ib"),
    "@vrndscalep{xd} V,Wx,sae,Ib",
    withHalves("vrndscales{xh} Vs,Hs,Ww,sae,Ib", "vrndscales{xs} Vs,Hs,Wd,sae,Ib"),
    "@vrndscales{xd} Vs,Hs,Wq,sae,Ib",
  ],
  15: names("vpalignr", "V,H,Wx,Ib"),
  20: [
    l0("@{evex}vpextrb Edb,V,Ib"),
    l0("@{evex}vpextrw Edw,V,Ib"),
    l0("@{evex}vpextr{k} Ey,V,Ib"),
    l0("@{evex}vextractps Ed,V,Ib"),
    lanes("vinsert", "f", "V,H,Wxmm,Ib"),
    lanes("vextract", "f", "Wxmm,V,Ib"),
    lanes8("vinsert", "f", "V,H,Wymm,Ib"),
    lanes8("vextract", "f", "Wymm,V,Ib"),
    undefined,
    named0("vcvtps2ph", "Whalf,V,sae,Ib"),
    "@vpcmpu{dq} Gk,H,Wx,vpcmp",
    "@vpcmp{dq} Gk,H,Wx,vpcmp",
    l0("@{evex}vpinsrb V,H,Edb,Ib"),
    w0(l0("@{evex}vinsertps V,H,Wd,Ib")),
    l0("@{evex}vpinsr{k} V,H,Ey,Ib"),
    lanes("vshuf", "f", "V,H,Wx,Ib"),
    undefined,
    "@vpternlog{dq} V,H,Wx,Ib",
    withHalves("vgetmantp{xh} V,Wxh,sae,Ib", "vgetmantp{sd} V,Wx,sae,Ib"),
    withHalves("vgetmants{xh} Vs,Hs,Ww,sae,Ib", "vgetmants{sd} Vs,Hs,Wy,sae,Ib"),
  ],
  56: [
    lanes("vinsert", "i", "V,H,Wxmm,Ib"),
    lanes("vextract", "i", "Wxmm,V,Ib"),
    lanes8("vinsert", "i", "V,H,Wymm,Ib"),
    lanes8("vextract", "i", "Wymm,V,Ib"),
    undefined,
    undefined,
    "@vpcmpu{bw} Gk,H,Wx,vpcmp",
    "@vpcmp{bw} Gk,H,Wx,vpcmp",
  ],
  66: [w0("vdbpsadbw V,H,Wx,Ib"), lanes("vshuf", "i", "V,H,Wx,Ib"), "@{evex}vpclmulqdq V,H,Wx,pclmul"],
  80: ["@vrangep{sd} V,H,Wx,sae,Ib", "@vranges{sd} Vs,Hs,Wy,sae,Ib"],
  84: [
    "@vfixupimmp{sd} V,H,Wx,sae,Ib",
    "@vfixupimms{sd} Vs,Hs,Wy,sae,Ib",
    withHalves("vreducep{xh} V,Wxh,sae,Ib", "vreducep{sd} V,Wx,sae,Ib"),
    withHalves("vreduces{xh} Vs,Hs,Ww,sae,Ib", "vreduces{sd} Vs,Hs,Wy,sae,Ib"),
  ],
  102: [
    withHalves("vfpclassp{xh}{xyz} Gk,Wxh,Ib", "vfpclassp{sd}{xyz} Gk,Wx,Ib"),
    withHalves("vfpclasss{xh} Gk,Ww,Ib", "vfpclasss{sd} Gk,Wy,Ib"),
  ],
  112: [w1("vpshldw V,H,Wx,Ib"), "@vpshld{dq} V,H,Wx,Ib", w1("vpshrdw V,H,Wx,Ib"), "@vpshrd{dq} V,H,Wx,Ib"],
  194: [{ pp: ["vcmpp{xh} Gk,H,Wxh,sae,cmp", "vcmps{xh} Gk,Hs,Ww,sae,cmp"] }],
  206: [named1("vgf2p8affineqb", "V,H,Wx,Ib"), named1("vgf2p8affineinvqb", "V,H,Wx,Ib")],
});

/** FP16: packed, and F3 the scalar one. */
const halves = (name: string, exceptions: "er" | "sae", sources = "H,"): Entry => ({
  pp: [`v${name}p{xh} V,${sources}Wxh,${exceptions}`, `v${name}s{xh} Vs,Hs,Ww,${exceptions}`],
});
const complex = (name: string): Entry[] => [
  {
    pp: [undefined, `vf${name}cp{xh} distinct,H,Wx,er`, undefined, `vfc${name}cp{xh} distinct,H,Wx,er`],
  },
  {
    pp: [undefined, `vf${name}cs{xh} distincts,Hs,Wd,er`, undefined, `vfc${name}cs{xh} distincts,Hs,Wd,er`],
  },
];

const evex5 = opcodeMap({
  16: [{ pp: [undefined, "vmovs{xh} Vs,Hsr,Ww"] }, { pp: [undefined, "vmovs{xh} Ww,Hsr,Vs"] }],
  29: [withHalves("vcvtss2s{xh} Vs,Hs,Wd,er", "vcvtps2p{xh}x{xy} Vhalf,Wx,er")],
  42: [{ pp: [undefined, "vcvtsi2sh{LQ} Vs,Hs,er,Ey"] }],
  44: [
    { pp: [undefined, "vcvttsh2si Gy,Ww,sae"] },
    { pp: [undefined, "vcvtsh2si Gy,Ww,er"] },
    { pp: ["vucomis{xh} Vs,Ww,sae"] },
    { pp: ["vcomis{xh} Vs,Ww,sae"] },
  ],
  81: [halves("sqrt", "er", "")],
  88: [
    halves("add", "er"),
    halves("mul", "er"),
    {
      pp: [
        "vcvtp{xh}2pd V,Wquarterh,sae",
        "vcvts{xh}2sd Vs,Hs,Ww,sae",
        "vcvtp{xd}2ph{xyz} Vxmm,Wx,er",
        "vcvts{xd}2sh Vs,Hs,Wq,er",
      ],
    },
    {
      pp: [
        w("vcvtdq2ph{xy} Vhalf,Wx,er", "vcvtqq2ph{xyz} Vxmm,Wx,er"),
        "vcvttp{xh}2dq V,Whalfh,sae",
        "vcvtp{xh}2dq V,Whalfh,er",
      ],
    },
    halves("sub", "er"),
    halves("min", "sae"),
    halves("div", "er"),
    halves("max", "sae"),
  ],
  110: ["@vmovw Vs,Edw"],
  120: [
    { pp: ["vcvttp{xh}2udq V,Whalfh,sae", "vcvttsh2usi Gy,Ww,sae", "vcvttp{xh}2uqq V,Wquarterh,sae"] },
    { pp: ["vcvtp{xh}2udq V,Whalfh,er", "vcvtsh2usi Gy,Ww,er", "vcvtp{xh}2uqq V,Wquarterh,er"] },
    {
      pp: [
        undefined,
        undefined,
        "vcvttp{xh}2qq V,Wquarterh,sae",
        w("vcvtudq2ph{xy} Vhalf,Wx,er", "vcvtuqq2ph{xyz} Vxmm,Wx,er"),
      ],
    },
    { pp: [undefined, "vcvtusi2sh{LQ} Vs,Hs,er,Ey", "vcvtp{xh}2qq V,Wquarterh,er"] },
    withHalves("vcvttp{xh}2uw V,Wxh,sae", "vcvttp{xh}2w V,Wxh,sae"),
    {
      pp: ["vcvtp{xh}2uw V,Wxh,er", "vcvtw2p{xh} V,Wxh,er", "vcvtp{xh}2w V,Wxh,er", "vcvtuw2p{xh} V,Wxh,er"],
    },
    "@vmovw Edw,Vs",
  ],
});

const fma16 = (order: string): Entry[] =>
  fused(
    order,
    (name) => `@v${name}p{xh} V,H,Wxh,er`,
    (name) => `@v${name}s{xh} Vs,Hs,Ww,er`,
  );

const evex6 = opcodeMap({
  19: [withHalves("vcvts{xh}2ss Vs,Hs,Ww,sae", "vcvtp{xh}2psx V,Whalfh,sae")],
  44: ["@vscalefp{xh} V,H,Wxh,er", "@vscalefs{xh} Vs,Hs,Ww,er"],
  66: ["@vgetexpp{xh} V,Wxh,sae", "@vgetexps{xh} Vs,Hs,Ww,sae"],
  76: ["@vrcpp{xh} V,Wxh", "@vrcps{xh} Vs,Hs,Ww", "@vrsqrtp{xh} V,Wxh", "@vrsqrts{xh} Vs,Hs,Ww"],
  86: complex("madd"),
  150: fma16("132"),
  166: fma16("213"),
  182: fma16("231"),
  214: complex("mul"),
});

/** By the number of the map. */
export const evexMaps: Readonly<Record<number, readonly Entry[]>> = {
  1: evex0f,
  2: evex0f38,
  3: evex0f3a,
  5: evex5,
  6: evex6,
};
