import { type Entry, opcodeMap } from "./tables.ts";
import {
  conversions,
  dotProducts,
  four,
  fused,
  inMemory,
  inRegister,
  l0,
  l1,
  moves,
  only64,
  packed,
  scalars,
  w,
  w0,
  w1,
} from "./vector-rows.ts";

// The opcodes behind VEX (C4, C5) and behind AMD's XOP (8F).

/** Instructions of mask registers: words, bytes, quads, doublewords. */
const masks = (name: string, operands: string): Entry =>
  inRegister(
    w(
      { pp: [`${name}w ${operands}`, undefined, `${name}b ${operands}`] },
      { pp: [`${name}q ${operands}`, undefined, `${name}d ${operands}`] },
    ),
  );
const masks3 = (name: string): Entry => l1(masks(name, "Gk,Hk,Ek"));
const masks2 = (name: string): Entry => l0(masks(name, "Gk,Ek"));
const shifted = "V,H,Wxmm";
const two = "V,Wx";
const threeI = "V,H,Wx,Ib";
const fma = (order: string): Entry[] =>
  fused(
    order,
    (name) => `@v${name}p{sd} V,H,Wx`,
    (name) => `@v${name}s{sd} Vs,Hs,Wy`,
  );
const extend = (name: string): Entry[] => [
  `@${name}bw V,Whalf`,
  `@${name}bd V,Wquarter`,
  `@${name}bq V,Weighth`,
  `@${name}wd V,Whalf`,
  `@${name}wq V,Wquarter`,
  `@${name}dq V,Whalf`,
];
/** Fused multiplications of AMD with four operands. */
const fma4 = (name: string): Entry[] => [
  `@${name}ps V,H,Wx,L`,
  `@${name}pd V,H,Wx,L`,
  `@${name}ss Vs,Hs,Wd,Ls`,
  `@${name}sd Vs,Hs,Wq,Ls`,
];

const vex0f = opcodeMap({
  16: [
    moves.unaligned,
    moves.unalignedStore,
    moves.low,
    moves.lowStore,
    "!vunpcklp{x} V,H,Wx",
    "!vunpckhp{x} V,H,Wx",
    moves.high,
    moves.highStore,
  ],
  40: ["!vmovap{x} V,Wx", "!vmovap{x} Wplain,V", ...scalars],
  65: [
    masks3("kand"),
    masks3("kandn"),
    undefined,
    masks2("knot"),
    masks3("kor"),
    masks3("kxnor"),
    masks3("kxor"),
  ],
  74: [
    masks3("kadd"),
    l1(
      inRegister(
        w({ pp: ["kunpckwd Gk,Hk,Ek", undefined, "kunpckbw Gk,Hk,Ek"] }, { pp: ["kunpckdq Gk,Hk,Ek"] }),
      ),
    ),
  ],
  80: [
    inRegister("!vmovmskp{x} Gy,Ux"),
    four("sqrt", "er", ""),
    { pp: ["vrsqrtps V,Wx", "vrsqrtss Vs,Hs,Wd"] },
    { pp: ["vrcpps V,Wx", "vrcpss Vs,Hs,Wd"] },
    "!vandp{x} V,H,Wx",
    "!vandnp{x} V,H,Wx",
    "!vorp{x} V,H,Wx",
    "!vxorp{x} V,H,Wx",
    four("add", "er"),
    four("mul", "er"),
    conversions,
    { pp: ["vcvtdq2ps V,Wx", "vcvttps2dq V,Wx", "vcvtps2dq V,Wx"] },
    four("sub", "er"),
    four("min", "sae"),
    four("div", "er"),
    four("max", "sae"),
  ],
  96: [
    ...packed("vpunpcklbw vpunpcklwd vpunpckldq vpacksswb vpcmpgtb vpcmpgtw vpcmpgtd vpackuswb"),
    ...packed("vpunpckhbw vpunpckhwd vpunpckhdq vpackssdw vpunpcklqdq vpunpckhqdq"),
    l0("@{evex}vmov{k} Vs,Ey"),
    { pp: [undefined, "vmovdqu V,Wx", "vmovdqa V,Wx"] },
  ],
  112: [
    { pp: [undefined, "vpshufhw V,Wx,Ib", "vpshufd V,Wx,Ib", "vpshuflw V,Wx,Ib"] },
    inRegister({ reg: packed("- - vpsrlw - vpsraw - vpsllw", "H,Ux,Ib") }),
    inRegister({ reg: packed("- - vpsrld - vpsrad - vpslld", "H,Ux,Ib") }),
    inRegister({ reg: packed("- - vpsrlq vpsrldq - - vpsllq vpslldq", "H,Ux,Ib") }),
    ...packed("vpcmpeqb vpcmpeqw vpcmpeqd"),
    { l: ["vzeroupper", "vzeroall"] },
  ],
  124: [
    { pp: [undefined, undefined, "vhaddpd V,H,Wx", "vhaddps V,H,Wx"] },
    { pp: [undefined, undefined, "vhsubpd V,H,Wx", "vhsubps V,H,Wx"] },
    { pp: [undefined, l0("{evex}vmovq Vs,Wq"), l0("{evex}vmov{k} Ey,Vs")] },
    { pp: [undefined, "vmovdqu Wplain,V", "vmovdqa Wplain,V"] },
  ],
  144: [
    l0(
      w(
        { pp: ["kmovw Gk,Ek", undefined, "kmovb Gk,Ekbd"] },
        { pp: ["kmovq Gk,Ek", undefined, "kmovd Gk,Ekbd"] },
      ),
    ),
    l0(
      inMemory(
        w(
          { pp: ["kmovw Ew,Gk", undefined, "kmovb Eb,Gk"] },
          { pp: ["kmovq Eq,Gk", undefined, "kmovd Ed,Gk"] },
        ),
      ),
    ),
    l0(
      inRegister(
        w(
          { pp: ["kmovw Gk,Ey", undefined, "kmovb Gk,Ey", "kmovd Gk,Ey"] },
          { pp: [undefined, undefined, undefined, "kmov{k} Gk,Ey"] },
        ),
      ),
    ),
    l0(
      inRegister(
        w(
          { pp: ["kmovw Gy,Ek", undefined, "kmovb Gy,Ek", "kmovd Gy,Ek"] },
          { pp: [undefined, undefined, undefined, "kmov{k} Gy,Ek"] },
        ),
      ),
    ),
  ],
  152: [masks2("kortest"), masks2("ktest")],
  174: [{ reg: [undefined, undefined, inMemory(l0("vldmxcsr Md")), inMemory(l0("vstmxcsr Md"))] }],
  194: [
    { pp: ["vcmpps V,H,Wx,cmp", "vcmpss Vs,Hs,Wd,cmp", "vcmppd V,H,Wx,cmp", "vcmpsd Vs,Hs,Wq,cmp"] },
    undefined,
    l0("@{evex}vpinsrw V,H,Edw,Ib"),
    l0("@{evex}vpextrw Gd,Ux,Ib"),
    "!vshufp{x} V,H,Wx,Ib",
  ],
  208: [
    { pp: [undefined, undefined, "vaddsubpd V,H,Wx", "vaddsubps V,H,Wx"] },
    ...packed("vpsrlw vpsrld vpsrlq", shifted),
    ...packed("vpaddq vpmullw"),
    l0("@{evex}vmovq Wqs,Vs"),
    inRegister("@vpmovmskb Gy,Ux"),
    ...packed("vpsubusb vpsubusw vpminub vpand vpaddusb vpaddusw vpmaxub vpandn"),
  ],
  224: [
    ...packed("vpavgb"),
    ...packed("vpsraw vpsrad", shifted),
    ...packed("vpavgw vpmulhuw vpmulhw"),
    { pp: [undefined, "vcvtdq2pd V,Whalf", "vcvttpd2dq{xy} Vxmm,Wx", "vcvtpd2dq{xy} Vxmm,Wx"] },
    inMemory("@vmovntdq Mx,V"),
    ...packed("vpsubsb vpsubsw vpminsw vpor vpaddsb vpaddsw vpmaxsw vpxor"),
  ],
  240: [
    { pp: [undefined, undefined, undefined, inMemory("vlddqu V,M")] },
    ...packed("vpsllw vpslld vpsllq", shifted),
    ...packed("vpmuludq vpmaddwd vpsadbw"),
    l0("@vmaskmovdqu V,Ux"),
    ...packed("vpsubb vpsubw vpsubd vpsubq vpaddb vpaddw vpaddd"),
  ],
});

const tile = (name: string): Entry => w0(inRegister(l0(`${name} Vt,Wt,Ht`)));
const compareAdd = "o no b nb z nz be nbe s ns p np l nl le nle"
  .split(" ")
  .map((condition) => only64(`@cmp${condition}xadd My,Gy,Hy`));

const vex0f38 = opcodeMap({
  0: packed(
    "vpshufb vphaddw vphaddd vphaddsw vpmaddubsw vphsubw vphsubd vphsubsw vpsignb vpsignw vpsignd vpmulhrsw",
  ),
  12: [w0("@{evex}vpermilps V,H,Wx"), w0("@vpermilpd V,H,Wx"), w0("@vtestps V,Wx"), w0("@vtestpd V,Wx")],
  19: [w0("@vcvtph2ps V,Whalf"), undefined, undefined, l1(w0("@vpermps V,H,Wx")), "@vptest V,Wx"],
  24: [
    w0("@{evex}vbroadcastss V,Wd"),
    l1(w0("@vbroadcastsd V,Wq")),
    inMemory(l1(w0("@vbroadcastf128 V,Mxmm"))),
  ],
  28: packed("vpabsb vpabsw vpabsd", two),
  32: extend("vpmovsx"),
  40: [
    ...packed("vpmuldq vpcmpeqq"),
    inMemory("@vmovntdqa V,Mx"),
    ...packed("vpackusdw"),
    inMemory(w0("@vmaskmovps V,H,Mx")),
    inMemory(w0("@vmaskmovpd V,H,Mx")),
    inMemory(w0("@vmaskmovps Mx,H,V")),
    inMemory(w0("@vmaskmovpd Mx,H,V")),
  ],
  48: [...extend("vpmovzx"), l1(w0("@vpermd V,H,Wx")), ...packed("vpcmpgtq")],
  56: packed("vpminsb vpminsd vpminuw vpminud vpmaxsb vpmaxsd vpmaxuw vpmaxud vpmulld"),
  65: [l0("@vphminposuw V,Wx")],
  69: ["@vpsrlv{dq} V,H,Wx", w0("@vpsravd V,H,Wx"), "@vpsllv{dq} V,H,Wx"],
  73: [
    only64({
      pp: [
        w0({ mod: [l0("ldtilecfg M"), { reg: [{ rm: [l0("tilerelease skip")] }] }] }),
        undefined,
        w0(inMemory(l0("sttilecfg M"))),
        w0(inRegister(l0("tilezero Vt,skip"))),
      ],
    }),
  ],
  75: [
    only64({
      pp: [
        undefined,
        w0(inMemory(l0("tilestored Msib,Vt"))),
        w0(inMemory(l0("tileloaddt1 Vt,Msib"))),
        w0(inMemory(l0("tileloadd Vt,Msib"))),
      ],
    }),
  ],
  80: [...dotProducts, w0("@{vex}vpdpwssd V,H,Wx"), w0("@{vex}vpdpwssds V,H,Wx")],
  88: [w0("@{evex}vpbroadcastd V,Wd"), w0("@vpbroadcastq V,Wq"), inMemory(l1(w0("@vbroadcasti128 V,Mxmm")))],
  92: [
    only64({ pp: [undefined, tile("tdpbf16ps"), undefined, tile("tdpfp16ps")] }),
    undefined,
    only64({ pp: [tile("tdpbuud"), tile("tdpbsud"), tile("tdpbusd"), tile("tdpbssd")] }),
  ],
  114: [{ pp: [undefined, w0("{vex}vcvtneps2bf16{xy} Vxmm,Wx")] }],
  120: [w0("@{evex}vpbroadcastb V,Wb"), w0("@{evex}vpbroadcastw V,Ww")],
  140: [inMemory("@vpmaskmov{dq} V,H,Mx"), undefined, inMemory("@vpmaskmov{dq} Mx,H,V")],
  144: [
    "@vpgatherd{dq} V,Mvd,Hd",
    "@vpgatherq{dq} Vq,Mvq,Hq",
    "@vgatherdp{sd} V,Mvd,Hd",
    "@vgatherqp{sd} Vq,Mvq,Hq",
  ],
  150: fma("132"),
  166: fma("213"),
  176: [
    w0({ pp: ["vcvtneoph2ps V,Mx", "vcvtneebf162ps V,Mx", "vcvtneeph2ps V,Mx", "vcvtneobf162ps V,Mx"] }),
    w0({ pp: [undefined, "vbcstnebf162ps V,Mw", "vbcstnesh2ps V,Mw"] }),
  ],
  180: [w1("@{vex}vpmadd52luq V,H,Wx"), w1("@{vex}vpmadd52huq V,H,Wx"), ...fma("231")],
  207: [w0("@{evex}vgf2p8mulb V,H,Wx")],
  219: [l0("@vaesimc V,Wx"), ...packed("vaesenc vaesenclast vaesdec vaesdeclast")],
  224: compareAdd,
  242: [
    l0("!andn Gy,Hy,Ey"),
    l0({ reg: [undefined, "!blsr Hy,Ey", "!blsmsk Hy,Ey", "!blsi Hy,Ey"] }),
    undefined,
    l0({ pp: ["bzhi Gy,Ey,Hy", "pext Gy,Hy,Ey", undefined, "pdep Gy,Hy,Ey"] }),
    l0({ pp: [undefined, undefined, undefined, "mulx Gy,Hy,Ey"] }),
    l0({ pp: ["bextr Gy,Ey,Hy", "sarx Gy,Ey,Hy", "shlx Gy,Ey,Hy", "shrx Gy,Ey,Hy"] }),
  ],
});

const vex0f3a = opcodeMap({
  0: [
    l1(w1("@{evex}vpermq V,Wx,Ib")),
    l1(w1("@{evex}vpermpd V,Wx,Ib")),
    w0("@vpblendd V,H,Wx,Ib"),
    undefined,
    w0("@{evex}vpermilps V,Wx,Ib"),
    w0("@vpermilpd V,Wx,Ib"),
    l1(w0("@vperm2f128 V,H,Wx,Ib")),
  ],
  8: [
    "@vroundps V,Wx,Ib",
    "@vroundpd V,Wx,Ib",
    "@vroundss Vs,Hs,Wd,Ib",
    "@vroundsd Vs,Hs,Wq,Ib",
    ...packed("vblendps vblendpd vpblendw vpalignr", threeI),
  ],
  20: [
    l0("@{evex}vpextrb Edb,V,Ib"),
    l0("@{evex}vpextrw Edw,V,Ib"),
    l0("@{evex}vpextr{k} Ey,V,Ib"),
    l0("@{evex}vextractps Ed,V,Ib"),
    l1(w0("@vinsertf128 V,H,Wxmm,Ib")),
    l1(w0("@vextractf128 Wxmm,V,Ib")),
  ],
  29: [w0("@{evex}vcvtps2ph Whalf,V,sae,Ib")],
  32: [l0("@{evex}vpinsrb V,H,Edb,Ib"), l0("@{evex}vinsertps V,H,Wd,Ib"), l0("@{evex}vpinsr{k} V,H,Ey,Ib")],
  48: ["r{bw}", "r{dq}", "l{bw}", "l{dq}"].map((tail) => l0(inRegister(`@kshift${tail} Gk,Ek,Ib`))),
  56: [l1(w0("@vinserti128 V,H,Wxmm,Ib")), l1(w0("@vextracti128 Wxmm,V,Ib"))],
  64: [
    "@vdpps V,H,Wx,Ib",
    l0("@vdppd V,H,Wx,Ib"),
    "@vmpsadbw V,H,Wx,Ib",
    undefined,
    "@vpclmulqdq V,H,Wx,pclmul",
    undefined,
    l1(w0("@vperm2i128 V,H,Wx,Ib")),
  ],
  72: [
    "@vpermil2ps V,H,Wx,L,I4",
    "@vpermil2pd V,H,Wx,L,I4",
    w0("@vblendvps V,H,Wx,L"),
    w0("@vblendvpd V,H,Wx,L"),
    w0("@vpblendvb V,H,Wx,L"),
  ],
  92: [...fma4("vfmaddsub").slice(0, 2), ...fma4("vfmsubadd").slice(0, 2)],
  96: [
    l0("@vpcmpestrm{q} V,Wx,Ib"),
    l0("@vpcmpestri{q} V,Wx,Ib"),
    l0("@vpcmpistrm V,Wx,Ib"),
    l0("@vpcmpistri V,Wx,Ib"),
  ],
  104: [...fma4("vfmadd"), ...fma4("vfmsub")],
  120: [...fma4("vfnmadd"), ...fma4("vfnmsub")],
  206: [w1("@{evex}vgf2p8affineqb V,H,Wx,Ib"), w1("@{evex}vgf2p8affineinvqb V,H,Wx,Ib")],
  223: [l0("@vaeskeygenassist V,Wx,Ib")],
  240: [l0({ pp: [undefined, undefined, undefined, "rorx Gy,Ey,Ib"] })],
});

/** By the number of the map. */
export const vexMaps: readonly (readonly Entry[])[] = [[], vex0f, vex0f38, vex0f3a];

const xop = (names: string, operands: string): Entry[] =>
  names.split(" ").map((name) => (name === "-" ? undefined : l0(w0(`${name} ${operands}`))));
const four8 = "V,H,Wx,L";

const xop8 = opcodeMap({
  133: xop("vpmacssww vpmacsswd vpmacssdql", four8),
  142: xop("vpmacssdd vpmacssdqh", four8),
  149: xop("vpmacsww vpmacswd vpmacsdql", four8),
  158: xop("vpmacsdd vpmacsdqh", four8),
  162: ["vpcmov V,H,Wx,L", l0("vpperm V,H,Wx,L")],
  166: xop("vpmadcsswd", four8),
  182: xop("vpmadcswd", four8),
  192: xop("vprotb vprotw vprotd vprotq", "V,Wx,Ib"),
  204: xop("vpcomb vpcomw vpcomd vpcomq", "V,H,Wx,vpcom"),
  236: xop("vpcomub vpcomuw vpcomud vpcomuq", "V,H,Wx,vpcom"),
});

const bits = (names: string): Entry =>
  l0({ reg: names.split(" ").map((name) => (name === "-" ? undefined : `${name} Hy,Ey`)) });

const xop9 = opcodeMap({
  1: [bits("- blcfill blsfill blcs tzmsk blcic blsic t1mskc"), bits("- blcmsk - - - - blci")],
  18: [inRegister(l0({ reg: ["llwpcb Ey", "slwpcb Ey"] }))],
  128: [w0("vfrczps V,Wx"), w0("vfrczpd V,Wx"), w0(l0("vfrczss V,Wd")), w0(l0("vfrczsd V,Wq"))],
  144: "vprotb vprotw vprotd vprotq vpshlb vpshlw vpshld vpshlq vpshab vpshaw vpshad vpshaq"
    .split(" ")
    .map((name) => l0(`${name} V,Wx,Hw`)),
  193: xop("vphaddbw vphaddbd vphaddbq - - vphaddwd vphaddwq - - - vphadddq", "V,Wxmm"),
  209: xop("vphaddubw vphaddubd vphaddubq - - vphadduwd vphadduwq - - - vphaddudq", "V,Wxmm"),
  225: xop("vphsubbw vphsubwd vphsubdq", "V,Wxmm"),
});

const xop10 = opcodeMap({
  16: ["bextr Gy,Ey,Id", undefined, l0({ reg: ["lwpins Hy,Ed,Id", "lwpval Hy,Ed,Id"] })],
});

export const xopMaps: Readonly<Record<number, readonly Entry[]>> = { 8: xop8, 9: xop9, 10: xop10 };
