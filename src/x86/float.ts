// The x87 instructions, D8 to DF: by ModRM's middle field with memory, and
// between registers.

const memoryNames = [
  "fadd{s|} d,fmul{s|} d,fcom{s|} d,fcomp{s|} d,fsub{s|} d,fsubr{s|} d,fdiv{s|} d,fdivr{s|} d",
  "fld{s|} d,(bad),fst{s|} d,fstp{s|} d,fldenv{env},fldcw w,f{wait}stenv{env},f{wait}stcw w",
  "fiadd{l|} d,fimul{l|} d,ficom{l|} d,ficomp{l|} d,fisub{l|} d,fisubr{l|} d,fidiv{l|} d,fidivr{l|} d",
  "fild{l|} d,fisttp{l|} d,fist{l|} d,fistp{l|} d,(bad),fld{t|} t,(bad),fstp{t|} t",
  "fadd{l|} q,fmul{l|} q,fcom{l|} q,fcomp{l|} q,fsub{l|} q,fsubr{l|} q,fdiv{l|} q,fdivr{l|} q",
  "fld{l|} q,fisttp{ll|} q,fst{l|} q,fstp{l|} q,frstor{env},(bad),f{wait}save{env},f{wait}stsw w",
  "fiadd{s|} w,fimul{s|} w,ficom{s|} w,ficomp{s|} w,fisub{s|} w,fisubr{s|} w,fidiv{s|} w,fidivr{s|} w",
  "fild{s|} w,fisttp{s|} w,fist{s|} w,fistp{s|} w,fbld t,fild{ll|} q,fbstp t,fistp{ll|} q",
];

/** With a width letter, that of memory; `0i` and the like: the order of the top and the other register. */
const registerNames = [
  "fadd 0i,fmul 0i,fcom i,fcomp i,fsub 0i,fsubr 0i,fdiv 0i,fdivr 0i",
  "fld i,fxch i,=fnop,,=fchs fabs - - ftst fxam,=fld1 fldl2t fldl2e fldpi fldlg2 fldln2 fldz,=f2xm1 fyl2x fptan fpatan fxtract fprem1 fdecstp fincstp,=fprem fyl2xp1 fsqrt fsincos frndint fscale fsin fcos",
  "fcmovb 0i,fcmove 0i,fcmovbe 0i,fcmovu 0i,,=- fucompp,,",
  "fcmovnb 0i,fcmovne 0i,fcmovnbe 0i,fcmovnu 0i,=f{wait}eni(8087_only) f{wait}disi(8087_only) f{wait}clex f{wait}init f{wait}setpm(287_only) frstpm(287_only),fucomi 0i,fcomi 0i,",
  "fadd i0,fmul i0,,,fsub{|r} i0,fsub{r|} i0,fdiv{|r} i0,fdiv{r|} i0",
  "ffree i,,fst i,fstp i,fucom i,fucomp i,,",
  "faddp i0,fmulp i0,,=- fcompp,fsub{|r}p i0,fsub{r|}p i0,fdiv{|r}p i0,fdiv{r|}p i0",
  "ffreep i,,,,=f{wait}stsw,fucomip 0i,fcomip 0i,",
];

export interface FloatRow {
  readonly name: string;
  /** The width of memory, or the registers: "0i", "i0", "i". */
  readonly operands: string;
}

const bad: FloatRow = { name: "(bad)", operands: "" };

function parse(text: string): FloatRow {
  if (text === "") return bad;
  const [name, operands = ""] = text.split(" ");
  return { name: name.replace("_", " "), operands };
}

const memoryRows = memoryNames.map((list) => list.split(",").map(parse));
/** Lists of eight by ModRM's low field where the middle one does not say all. */
const registerRows = registerNames.map((list) =>
  list.split(",").map((text): FloatRow | readonly FloatRow[] => {
    if (!text.startsWith("=")) return parse(text);
    const names = text.slice(1).split(" ");
    return Array.from({ length: 8 }, (_, i) =>
      names[i] === undefined || names[i] === "-" ? bad : parse(names[i]),
    );
  }),
);

export function floatRow(opcode: number, mod: number, reg: number, rm: number): FloatRow {
  if (mod !== 3) return memoryRows[opcode & 7][reg];
  const row = registerRows[opcode & 7][reg];
  return "name" in row ? row : row[rm];
}
