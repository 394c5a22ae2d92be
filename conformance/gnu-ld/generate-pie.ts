import { type GeneratedLink, Random } from "./generate-link.ts";

/** What the code of a PIE asks for, in the words of each assembler. */
const PIECES: Readonly<Record<GeneratedLink["target"], readonly string[]>> = {
  "x86-64": [
    "movq NAME@GOTPCREL(%rip), %rax",
    "movq NAME@GOTPCREL(%rip), %xmm0",
    "leaq NAME(%rip), %rax",
    "call NAME@PLT",
    "call *NAME@GOTPCREL(%rip)",
    "leaq _GLOBAL_OFFSET_TABLE_(%rip), %rbx",
    "leaq _DYNAMIC(%rip), %rbx",
  ],
  i386: [
    "movl NAME@GOT(%ebx), %eax",
    "leal NAME@GOTOFF(%ebx), %eax",
    "call NAME@PLT",
    "addl $_GLOBAL_OFFSET_TABLE_, %ebx",
    "leal _DYNAMIC@GOTOFF(%ebx), %eax",
  ],
  riscv32: ["la a0, NAME", "lla a0, NAME", "call NAME", ".option pic\nla a0, NAME\n.option nopic"],
  riscv64: ["la a0, NAME", "lla a0, NAME", "call NAME", ".option pic\nla a0, NAME\n.option nopic"],
};

const OPTIONS: readonly (readonly [percent: number, option: string])[] = [
  [25, "-z text"],
  [10, "-z notext"],
  [15, "-z now"],
  [8, "-z nocombreloc"],
  [8, "--hash-style=sysv"],
  [8, "--hash-style=gnu"],
  [8, "-E"],
  [4, "--defsym=_DYNAMIC=0x100"],
  [4, "--defsym=_GLOBAL_OFFSET_TABLE_=0x200"],
  [4, "-Bsymbolic"],
  [25, "-z pack-relative-relocs"],
];

/** Tables that only a PIE has, for scripts to place. */
const PATTERNS = [
  "*(.got .got.plt .igot.plt)",
  "*(.got*)",
  "*(.dynamic)",
  "*(.rel*)",
  "*(.rela.dyn .rel.dyn)",
  "*(.dynsym .dynamic)",
  "*(.hash .gnu.hash)",
  "*(.[!d]*)",
];

/** The link as static PIE, with references and statements for what that has beyond others. */
export function asStaticPie(link: GeneratedLink, seed: number): GeneratedLink {
  const random = new Random(seed + 0x30000);
  const objects = link.objects.map((pieces, object) => {
    const added: string[] = [];
    for (let i = random.below(4); i > 0; i--) {
      const name = random.pick([
        `s${object}_${random.below(9)}`,
        `s${1 - object}_${random.below(9)}`,
        "absent",
        "_start",
      ]);
      const weak = random.chance(60) ? `.weak ${name}\n` : "";
      added.push(`.text\n${weak}${random.pick(PIECES[link.target]).replaceAll("NAME", name)}`);
    }
    if (random.chance(12))
      added.push(
        `.text\n.globl ifunc${object}\n.type ifunc${object},@gnu_indirect_function\nifunc${object}: .byte 0x13,0,0,0\n.data\n.${/64/.test(link.target) ? "quad" : "long"} ifunc${object}`,
      );
    return [...pieces, ...added];
  });
  const scripts = link.scripts.map((script) => ({
    ...script,
    sections: random.chance(60)
      ? script.sections
      : script.sections.map((item) =>
          typeof item === "string" || !random.chance(40) || /^OVERLAY/.test(item.head)
            ? item
            : { ...item, body: [...item.body, random.pick(PATTERNS)] },
        ),
  }));
  const kept = link.options.filter((option) => !/^(-r|--oformat=binary)$/.test(option));
  const own = OPTIONS.filter(([percent]) => random.below(100) < percent)
    .map(([, option]) => option)
    // RISC-V has none, which GNU ld says before it reads scripts.
    .filter((option) => !/^riscv/.test(link.target) || !/relative-relocs/.test(option));
  // Whether relro is on is what the two GNU lds for RISC-V differ in.
  const pie = ["-pie --no-dynamic-linker", random.pick(["-z relro", "-z norelro"])];
  return { ...link, pie, objects, scripts, options: [...kept, ...own] };
}
