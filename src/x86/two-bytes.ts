import { conditions, type Entries, type Entry, opcodeMap } from "./tables.ts";

// The opcodes behind 0F, 0F 38 and 0F 3A without VEX.

const nop = "nop{v} Ev";
const shown = "~nop{v} Ev";
/** Packed and scalar, single and double: none, F3, 66, F2. */
const four = (name: string): Entry => ({
  pp: [`!${name}ps V,Wx`, `!${name}ss V,Wd`, `!${name}pd V,Wx`, `!${name}sd V,Wq`],
});
const mmx = (names: string): Entry[] => names.split(" ").map((name) => `!${name} Pq,Qq`);
const only64 = (entry: Entry): Entry => ({ bits: [undefined, entry] });
const eight = (entry: Entry): Entry[] => new Array<Entry>(8).fill(entry);
const registerOnly = (entry: Entry): Entry => ({ mod: [undefined, entry] });
const memoryOnly = (entry: Entry): Entry => ({ mod: [entry, undefined] });
const skip = (...names: (string | undefined)[]): Entry[] => names.map((name) => name && `${name} skip`);
const table = (name: string): Entry => ({ bits: [`${name}{V} M`, `${name} M`] });

const group7: Entries = [
  {
    mod: [
      table("sgdt"),
      {
        rm: [
          ...skip("enclv", "vmcall", "vmlaunch", "vmresume", "vmxoff", "pconfig"),
          { pp: ["wrmsrns skip", only64("wrmsrlist skip"), undefined, only64("rdmsrlist skip")] },
        ],
      },
    ],
  },
  {
    mod: [
      table("sidt"),
      {
        rm: [
          "monitor monitor",
          "mwait mwait",
          "clac skip",
          "stac skip",
          { pp: [undefined, undefined, "tdcall skip"] },
          { pp: [undefined, undefined, only64("seamret skip")] },
          { pp: [undefined, undefined, only64("seamops skip")] },
          { pp: ["encls skip", undefined, only64("seamcall skip")] },
        ],
      },
    ],
  },
  {
    mod: [
      table("lgdt"),
      { rm: skip("xgetbv", "xsetbv", undefined, undefined, "vmfunc", "xend", "xtest", "enclu") },
    ],
  },
  {
    mod: [
      table("lidt"),
      {
        rm: [
          "vmrun skip",
          { pp: ["vmmcall skip", "vmgexit skip", undefined, "vmgexit skip"] },
          ...skip("vmload", "vmsave", "stgi", "clgi", "skinit", "invlpga"),
        ],
      },
    ],
  },
  "smsw Sv",
  {
    mod: [
      { pp: [undefined, "!rstorssp Mq"] },
      {
        rm: [
          { pp: ["!serialize skip", "!setssbsy skip", undefined, "!xsusldtrk skip"] },
          { pp: [undefined, undefined, undefined, "!xresldtrk skip"] },
          { pp: [undefined, "!saveprevssp skip"] },
          undefined,
          { pp: [undefined, only64("uiret skip")] },
          { pp: [undefined, only64("testui skip")] },
          { pp: ["rdpkru skip", only64("clui skip")] },
          { pp: ["wrpkru skip", only64("stui skip")] },
        ],
      },
    ],
  },
  "lmsw Ew",
  {
    mod: [
      "invlpg Mb",
      {
        rm: [
          "swapgs skip",
          "rdtscp skip",
          { pp: ["monitorx monitor", "mcommit skip"] },
          "!mwaitx mwaitx",
          "clzero skip",
          { pp: ["rdpru skip", only64("rmpquery skip")] },
          { pp: ["invlpgb skip", only64("rmpadjust skip"), undefined, only64("rmpupdate skip")] },
          { pp: ["tlbsync skip", only64("psmash skip"), undefined, "pvalidate skip"] },
        ],
      },
    ],
  },
];

const fetchCode = (name: string): Entry => ({
  mod: [{ bits: [nop, { pp: [`${name} Mcode`, nop, nop, nop] }] }, nop],
});

const group15: Entries = [
  { mod: ["fxsave Mxsave", { pp: [undefined, "rdfsbase Ev"] }] },
  { mod: ["fxrstor Mxsave", { pp: [undefined, "rdgsbase Ev"] }] },
  { mod: ["ldmxcsr Md", { pp: [undefined, "wrfsbase Ev"] }] },
  { mod: ["stmxcsr Md", { pp: [undefined, "wrgsbase Ev"] }] },
  { mod: [{ pp: ["xsave Mxsave", "ptwrite{LQ} Ey"] }, { pp: [undefined, "ptwrite{LQ} Ey"] }] },
  { mod: ["!xrstor Mxsave", { pp: ["lfence skip", "!incssp{k} Ey"] }] },
  {
    mod: [
      { pp: ["!xsaveopt Mxsave", "!clrssbsy Mq", "!clwb Mb"] },
      { pp: [{ rm: ["mfence skip"] }, "!umonitor Eva", "!tpause Ey", "!umwait Ey"] },
    ],
  },
  { mod: [{ pp: ["clflush Mb", undefined, "clflushopt Mb"] }, { rm: ["sfence skip"] }] },
];

const group9: Entries = [
  undefined,
  "cmpxchg8b Mcmpxchg",
  undefined,
  memoryOnly("xrstors Mxsave"),
  memoryOnly("xsavec Mxsave"),
  memoryOnly("xsaves Mxsave"),
  {
    mod: [
      { pp: ["vmptrld Mq", "vmxon Mq", "vmclear Mq"] },
      { pp: ["rdrand Ev", only64("senduipi Eq"), "rdrand Ev"] },
    ],
  },
  { mod: ["vmptrst Mq", { pp: ["rdseed Ev", "rdpid Rm", "rdseed Ev"] }] },
];

export const twoBytes = opcodeMap({
  0: [
    { reg: ["sldt Sv", "str Sv", "lldt Ew", "ltr Ew", "verr Ew", "verw Ew"] },
    { reg: group7 },
    { mod: ["lar Gv,Mw", "lar Gv,Ev"] },
    { mod: ["lsl Gv,Mw", "lsl Gv,Ev"] },
    undefined,
    "syscall",
    "clts",
    "sysret{lq}",
    "invd",
    { pp: ["wbinvd", "wbnoinvd"] },
    undefined,
    "ud2",
    undefined,
    { reg: ["prefetch Mb", "prefetchw Mb", "prefetchwt1 Mb", ...eight("prefetch Mb").slice(3)] },
    "femms",
    "3dnow Pq,Qq,3dnow",
  ],
  16: [
    { pp: ["!movups V,Wx", "!movss V,Wd", "!movupd V,Wx", "!movsd V,Wq"] },
    { pp: ["!movups Wx,V", "!movss Wd,V", "!movupd Wx,V", "!movsd Wq,V"] },
    {
      pp: [
        { mod: ["movlp{x} V,Wq", "movhlps V,Wq"] },
        "!movsldup V,Wx",
        memoryOnly("movlp{x} V,Wq"),
        "!movddup V,Wq",
      ],
    },
    memoryOnly("!movlp{x} Wq,V"),
    "!unpcklp{x} V,Wx",
    "!unpckhp{x} V,Wx",
    { pp: [{ mod: ["movhp{x} V,Wq", "movlhps V,Wq"] }, "!movshdup V,Wx", memoryOnly("movhp{x} V,Wq")] },
    memoryOnly("!movhp{x} Wq,V"),
    {
      reg: [
        { mod: ["prefetchnta Mb", nop] },
        { mod: ["prefetcht0 Mb", nop] },
        { mod: ["prefetcht1 Mb", nop] },
        { mod: ["prefetcht2 Mb", nop] },
        nop,
        nop,
        fetchCode("prefetchit1"),
        fetchCode("prefetchit0"),
      ],
    },
    nop,
    { pp: [{ mod: ["bndldx Gbnd,Mbnd", nop] }, "bndcl Gbnd,Ebnd", "bndmov Gbnd,Ubnd", "bndcu Gbnd,Ebnd"] },
    {
      pp: [
        { mod: ["bndstx Mbnd,Gbnd", nop] },
        { mod: ["bndmk Gbnd,Mbnd", shown] },
        "bndmov Ubnd,Gbnd",
        "bndcn Gbnd,Ebnd",
      ],
    },
    { pp: [{ mod: [{ reg: ["cldemote Mb", nop, nop, nop, nop, nop, nop, nop] }, nop] }, shown, nop, shown] },
    nop,
    {
      pp: [
        nop,
        {
          mod: [
            shown,
            {
              reg: [
                shown,
                "rdssp{k} Ey",
                shown,
                shown,
                shown,
                shown,
                shown,
                { rm: [shown, shown, "endbr64 skip", "endbr32 skip", shown, shown, shown, shown] },
              ],
            },
          ],
        },
        nop,
        null,
      ],
    },
    nop,
  ],
  32: [
    "mov{reg} Rm,Cd",
    "mov{reg} Rm,Dd",
    "mov{reg} Cd,Rm",
    "mov{reg} Dd,Rm",
    { bits: ["mov{reg} Rm,Td", undefined] },
    undefined,
    { bits: ["mov{reg} Td,Rm", undefined] },
  ],
  40: [
    "!movap{x} V,Wx",
    "!movap{x} Wx,V",
    { pp: ["!cvtpi2ps V,Qmmx", "!cvtsi2ss{LQ} V,Ey", "!cvtpi2pd V,Qmmx", "cvtsi2sd{LQ} V,Ey"] },
    {
      pp: [
        memoryOnly("!movntps Mx,V"),
        memoryOnly("!movntss Md,V"),
        memoryOnly("!movntpd Mx,V"),
        memoryOnly("!movntsd Mq,V"),
      ],
    },
    { pp: ["!cvttps2pi Pmmx,Wq", "!cvttss2si Gy,Wd", "!cvttpd2pi Pmmx,Wx", "!cvttsd2si Gy,Wq"] },
    { pp: ["!cvtps2pi Pmmx,Wq", "!cvtss2si Gy,Wd", "!cvtpd2pi Pmmx,Wx", "!cvtsd2si Gy,Wq"] },
    { pp: ["ucomiss V,Wd", undefined, "ucomisd V,Wq"] },
    { pp: ["comiss V,Wd", undefined, "comisd V,Wq"] },
  ],
  48: ["wrmsr", "rdtsc", "rdmsr", "rdpmc", "sysenter", "sysexit{lq}", undefined, "getsec"],
  56: [{ escape: "38" }, undefined, { escape: "3a" }],
  64: conditions.map((condition) => `cmov${condition} Gv,Ev`),
  80: [
    registerOnly("!movmskp{x} Gy,Ux"),
    four("sqrt"),
    { pp: ["!rsqrtps V,Wx", "!rsqrtss V,Wd"] },
    { pp: ["!rcpps V,Wx", "!rcpss V,Wd"] },
    "!andp{x} V,Wx",
    "!andnp{x} V,Wx",
    "!orp{x} V,Wx",
    "!xorp{x} V,Wx",
    four("add"),
    four("mul"),
    { pp: ["!cvtps2pd V,Wq", "!cvtss2sd V,Wd", "!cvtpd2ps V,Wx", "!cvtsd2ss V,Wq"] },
    { pp: ["!cvtdq2ps V,Wx", "!cvttps2dq V,Wx", "!cvtps2dq V,Wx"] },
    four("sub"),
    four("min"),
    four("div"),
    four("max"),
  ],
  96: [
    { pp: ["!punpcklbw Pq,Qd", undefined, "!punpcklbw Pq,Qx"] },
    { pp: ["!punpcklwd Pq,Qd", undefined, "!punpcklwd Pq,Qx"] },
    { pp: ["!punpckldq Pq,Qd", undefined, "!punpckldq Pq,Qx"] },
    ...mmx("packsswb pcmpgtb pcmpgtw pcmpgtd packuswb punpckhbw punpckhwd punpckhdq packssdw"),
    "@punpcklqdq V,Wx",
    "@punpckhqdq V,Wx",
    "!mov{k} Pq,Ey",
    { pp: ["!movq Pq,Qq", "!movdqu V,Wx", "!movdqa V,Wx"] },
  ],
  112: [
    { pp: ["!pshufw Pq,Qq,Ib", "!pshufhw V,Wx,Ib", "!pshufd V,Wx,Ib", "!pshuflw V,Wx,Ib"] },
    registerOnly({
      reg: [undefined, undefined, "!psrlw Nq,Ib", undefined, "!psraw Nq,Ib", undefined, "!psllw Nq,Ib"],
    }),
    registerOnly({
      reg: [undefined, undefined, "!psrld Nq,Ib", undefined, "!psrad Nq,Ib", undefined, "!pslld Nq,Ib"],
    }),
    registerOnly({
      reg: [
        undefined,
        undefined,
        "!psrlq Nq,Ib",
        "@psrldq Ux,Ib",
        undefined,
        undefined,
        "!psllq Nq,Ib",
        "@pslldq Ux,Ib",
      ],
    }),
    ...mmx("pcmpeqb pcmpeqw pcmpeqd"),
    "!emms",
    { pp: ["vmread Rm,Gm", undefined, "extrq Ux,Ib,Ib", "insertq V,Ux,Ib,Ib"] },
    { pp: ["vmwrite Gm,Rm", undefined, "extrq V,Ux", "insertq V,Ux"] },
    undefined,
    undefined,
    { pp: [undefined, undefined, "!haddpd V,Wx", "!haddps V,Wx"] },
    { pp: [undefined, undefined, "!hsubpd V,Wx", "!hsubps V,Wx"] },
    { pp: ["!mov{k} Ey,Pq", "!movq V,Wq", "!mov{k} Ey,V"] },
    { pp: ["!movq Qq,Pq", "!movdqu Wx,V", "!movdqa Wx,V"] },
  ],
  128: conditions.map((condition) => `j${condition}{hint} Jv,bnd`),
  144: conditions.map((condition) => `set${condition} Eb`),
  160: [
    "push{t} fs",
    "pop{t} fs",
    "cpuid",
    "bt Ev,Gv",
    "shld Ev,Gv,Ib",
    "shld Ev,Gv,CL",
    { reg: ["montmul M0", "xsha1 M0", "xsha256 M0"] },
    {
      reg: [
        "xstore-rng M0",
        "xcrypt-ecb M0",
        "xcrypt-cbc M0",
        "xcrypt-ctr M0",
        "xcrypt-cfb M0",
        "xcrypt-ofb M0",
      ],
    },
    "push{t} gs",
    "pop{t} gs",
    "rsm",
    "bts Ev1,Gv",
    "shrd Ev,Gv,Ib",
    "shrd Ev,Gv,CL",
    { reg: group15 },
    "imul Gv,Ev",
  ],
  176: [
    "cmpxchg Eb1,Gb",
    "cmpxchg Ev1,Gv",
    memoryOnly("lss Gv,Mp"),
    "btr Ev1,Gv",
    memoryOnly("lfs Gv,Mp"),
    memoryOnly("lgs Gv,Mp"),
    "movz{b|x}{r} Gv,Eb",
    "movz{w|x}{r} Gv,Ew",
    { pp: [undefined, "popcnt Gv,Ev"] },
    "ud1 Gv,Ev",
    {
      reg: [
        undefined,
        undefined,
        undefined,
        undefined,
        "bt{v} Ev,Ib",
        "bts{v} Ev1,Ib",
        "btr{v} Ev1,Ib",
        "btc{v} Ev1,Ib",
      ],
    },
    "btc Ev1,Gv",
    { pp: ["bsf Gv,Ev", "tzcnt Gv,Ev", "bsf Gv,Ev"] },
    { pp: ["bsr Gv,Ev", "lzcnt Gv,Ev", "bsr Gv,Ev"] },
    "movs{b|x}{r} Gv,Eb",
    "movs{w|x}{r} Gv,Ew",
  ],
  192: [
    "xadd Eb1,Gb",
    "xadd Ev1,Gv",
    { pp: ["!cmpps V,Wx,cmp", "!cmpss V,Wd,cmp", "!cmppd V,Wx,cmp", "!cmpsd V,Wq,cmp"] },
    memoryOnly("!movnti Ey,Gy"),
    "!pinsrw Pq,Edw,Ib",
    "!pextrw Gd,Nq,Ib",
    "!shufp{x} V,Wx,Ib",
    { reg: group9 },
    ...eight("bswap zv"),
  ],
  208: [
    { pp: [undefined, undefined, "addsubpd V,Wx", "addsubps V,Wx"] },
    ...mmx("psrlw psrld psrlq paddq pmullw"),
    { pp: [undefined, "movq2dq V,Nq", "movq Wq,V", "movdq2q Pq,Ux"] },
    registerOnly("pmovmskb Gy,Nq"),
    ...mmx("psubusb psubusw pminub pand paddusb paddusw pmaxub pandn"),
  ],
  224: [
    ...mmx("pavgb psraw psrad pavgw pmulhuw pmulhw"),
    { pp: [undefined, "!cvtdq2pd V,Wq", "!cvttpd2dq V,Wx", "!cvtpd2dq V,Wx"] },
    { pp: ["!movntq Mq,Pq", undefined, memoryOnly("movntdq Mx,V")] },
    ...mmx("psubsb psubsw pminsw por paddsb paddsw pmaxsw pxor"),
  ],
  240: [
    { pp: [undefined, undefined, undefined, memoryOnly("lddqu V,M")] },
    ...mmx("psllw pslld psllq pmuludq pmaddwd psadbw"),
    { pp: ["!maskmovq Pq,Nq", undefined, "!maskmovdqu V,Ux"] },
    ...mmx("psubb psubw psubd psubq paddb paddw paddd"),
    "ud0 Gv,Ev",
  ],
});

/** Opcodes behind 0F that have a ModRM byte. */
export function hasModrm0f(opcode: number): boolean {
  if (opcode < 0x10) return opcode < 4 || opcode === 0x0d || opcode === 0x0f;
  if (opcode < 0x30) return opcode !== 0x27;
  if (opcode < 0x40) return opcode === 0x38 || opcode === 0x3a;
  if (opcode < 0x80) return opcode !== 0x77;
  if (opcode < 0x90) return false;
  if (opcode < 0xa0) return true;
  if (opcode < 0xb0) return (opcode & 7) >= 3;
  return opcode < 0xc8 || opcode >= 0xd0;
}

const sse = (names: string, operands = "V,Wx"): Entry[] =>
  names.split(" ").map((name) => `@${name} ${operands}`);
const extend = (name: string): Entry[] => [
  `@${name}bw V,Wq`,
  `@${name}bd V,Wd`,
  `@${name}bq V,Ww`,
  `@${name}wd V,Wq`,
  `@${name}wq V,Wd`,
  `@${name}dq V,Wq`,
];

export const threeBytes38 = opcodeMap({
  0: mmx("pshufb phaddw phaddd phaddsw pmaddubsw phsubw phsubd phsubsw psignb psignw psignd pmulhrsw"),
  16: ["@pblendvb V,Wx,xmm0", undefined, undefined, undefined, "@blendvps V,Wx,xmm0", "@blendvpd V,Wx,xmm0"],
  23: ["@ptest V,Wx"],
  28: mmx("pabsb pabsw pabsd"),
  32: extend("pmovsx"),
  40: [...sse("pmuldq pcmpeqq"), memoryOnly("@movntdqa V,Mx"), "@packusdw V,Wx"],
  48: extend("pmovzx"),
  55: sse("pcmpgtq pminsb pminsd pminuw pminud pmaxsb pmaxsd pmaxuw pmaxud pmulld phminposuw"),
  128: ["@invept Gm,Mo", "@invvpid Gm,Mo", "@invpcid Gm,M"],
  200: [
    "!sha1nexte V,Wxmm",
    "!sha1msg1 V,Wxmm",
    "!sha1msg2 V,Wxmm",
    "!sha256rnds2 V,Wxmm,xmm0",
    "!sha256msg1 V,Wxmm",
    "!sha256msg2 V,Wxmm",
    undefined,
    "@gf2p8mulb V,Wxmm",
  ],
  216: [
    {
      pp: [
        undefined,
        { reg: ["aesencwide128kl M", "aesdecwide128kl M", "aesencwide256kl M", "aesdecwide256kl M"] },
      ],
    },
    undefined,
    undefined,
    "@aesimc V,Wx",
    { pp: [undefined, { mod: ["aesenc128kl V,M", "loadiwkey V,Wx"] }, "aesenc V,Wx"] },
    { pp: [undefined, memoryOnly("aesdec128kl V,M"), "aesenclast V,Wx"] },
    { pp: [undefined, memoryOnly("aesenc256kl V,M"), "aesdec V,Wx"] },
    { pp: [undefined, memoryOnly("aesdec256kl V,M"), "aesdeclast V,Wx"] },
  ],
  240: [
    { pp: ["!movbe Gv,Mv", undefined, "!movbe Gv,Mv", "!crc32{b} Gy,Eb"] },
    { pp: ["!movbe Mv,Gv", undefined, "!movbe Mv,Gv", "!crc32{v} Gy,Ev"] },
    undefined,
    undefined,
    undefined,
    memoryOnly("@wruss{k} M,Gy"),
    { pp: [memoryOnly("!wrss{k} M,Gy"), "!adox Gy,Ey", "!adcx Gy,Ey"] },
  ],
  248: [
    {
      pp: [
        undefined,
        memoryOnly("!enqcmds Gva,M"),
        memoryOnly("!movdir64b Gva,M"),
        memoryOnly("!enqcmd Gva,M"),
      ],
    },
    memoryOnly("!movdiri Ey,Gy"),
    { pp: [undefined, registerOnly("encodekey128 Gd,Ed")] },
    { pp: [undefined, registerOnly("encodekey256 Gd,Ed")] },
    { pp: ["aadd My,Gy", "axor My,Gy", "aand My,Gy", "aor My,Gy"] },
  ],
});

export const threeBytes3a = opcodeMap({
  8: [
    "@roundps V,Wx,Ib",
    "@roundpd V,Wx,Ib",
    "@roundss V,Wd,Ib",
    "@roundsd V,Wq,Ib",
    "@blendps V,Wx,Ib",
    "@blendpd V,Wx,Ib",
    "@pblendw V,Wx,Ib",
    "!palignr Pq,Qq,Ib",
  ],
  20: ["@pextrb Edb,V,Ib", "@pextrw Edw,V,Ib", "@pextr{k} Ey,V,Ib", "@extractps Ed,V,Ib"],
  32: ["@pinsrb V,Edb,Ib", "@insertps V,Wd,Ib", "@pinsr{k} V,Ey,Ib"],
  64: ["@dpps V,Wx,Ib", "@dppd V,Wx,Ib", "@mpsadbw V,Wx,Ib", undefined, "@pclmulqdq V,Wx,pclmul"],
  96: ["@pcmpestrm{q} V,Wx,Ib", "@pcmpestri{q} V,Wx,Ib", "@pcmpistrm V,Wx,Ib", "@pcmpistri V,Wx,Ib"],
  204: ["!sha1rnds4 V,Wxmm,Ib", undefined, "@gf2p8affineqb V,Wxmm,Ib", "@gf2p8affineinvqb V,Wxmm,Ib"],
  223: ["@aeskeygenassist V,Wx,Ib"],
  240: [{ pp: [undefined, registerOnly({ reg: [{ rm: ["hreset skip,Ib"] }] })] }],
});
