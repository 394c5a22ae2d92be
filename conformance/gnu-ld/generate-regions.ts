import { type Context, type GeneratedLink, type Item, outputSection, Random } from "./generate-link.ts";

const WIDE = [
  "*(.text* .rodata*)",
  "*(.data* .sdata*)",
  "*(.bss* COMMON .sbss*)",
  "*(.[!r]* .ro*)",
  "*(plain code vars mixed zeros)",
];
const NAMED = [
  ...WIDE,
  "*(SORT_BY_ALIGNMENT(.data*))",
  "*(SORT(.text*))",
  "a.o(.data* .text*)",
  "KEEP(*(.init_array*))",
];

function region(random: Random, number: number): string {
  const origin = 0x10000 * (number + 1) + (random.chance(20) ? random.below(64) : 0);
  const length = random.chance(25) ? 4096 : 8 + random.below(120);
  const attributes = random.chance(25) ? ` (${random.pick(["rx", "rw", "!w", "a"])})` : "";
  return `R${number}${attributes} : ORIGIN = 0x${origin.toString(16)}, LENGTH = ${length}`;
}

/** A section whose statements may match what others match as well. */
function section(random: Random, context: Context, number: number): Item {
  const made = outputSection(random, context);
  if (typeof made === "string") return made;
  const head = random.chance(80) ? `.s${number} :${random.chance(10) ? " SUBALIGN(8)" : ""} {` : made.head;
  const body = [random.pick(NAMED), ...made.body, ...(random.chance(50) ? [random.pick(NAMED)] : [])];
  const inRegion = random.chance(90) && !/ONLY_IF/.test(head);
  const tail = inRegion
    ? `}${random.chance(20) ? ` >${random.pick(context.regions)} AT>R0` : ` >${random.pick(context.regions)}`}`
    : made.tail;
  return { head, body, tail };
}

/** A link's objects in several small regions, with --enable-non-contiguous-regions. */
export function inSeveralRegions(link: GeneratedLink, seed: number): GeneratedLink {
  const random = new Random(seed + 0x20000);
  const regions = Array.from({ length: 3 + random.below(4) }, (_, number) => region(random, number));
  const context = { regions: regions.map((text) => text.split(" ")[0]), phdrs: [] };
  const sections: Item[] = [];
  for (let number = 0; number < 3 + random.below(6); number++)
    sections.push(section(random, context, number));
  if (random.chance(15)) sections.push("/DISCARD/ : { *(.comment) *(.odd*) *(.data.v) }");
  if (random.chance(10)) sections.unshift("/DISCARD/ : { *(.debug_line) *(.text.f) }");
  const options = [
    "--enable-non-contiguous-regions",
    ...link.options.filter((option) => option !== "--oformat=binary"),
  ];
  if (random.chance(40)) options.push("--enable-non-contiguous-regions-warnings");
  const before = [`MEMORY { ${regions.join(" ")} }`];
  return { ...link, scripts: [{ before, sections, after: [] }], options };
}
