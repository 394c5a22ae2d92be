import { describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import {
  SHF_ALLOC,
  SHF_GNU_RETAIN,
  SHF_LINK_ORDER,
  SHF_WRITE,
  SHT_INIT_ARRAY,
  SHT_NOTE,
} from "../../elf/index.ts";
import { type BuildObject, type BuildSection, buildObject } from "../../elf/testing.ts";
import { MemoryFileSystem } from "../../files/index.ts";
import { Fate, type LinkOptions } from "../../model/index.ts";
import { parseScript } from "../../script/index.ts";
import { targetOfEmulation } from "../../targets/index.ts";
import { resolveInputs } from "../inputs/inputs.ts";
import { defaultOptions } from "../options/default-options.ts";
import { collectCommands } from "../statements/commands.ts";
import { EhFrames } from "../unwind/eh-frame.ts";
import { markLive } from "./gc.ts";

/** `from>to` as a relocation of section `from` to the symbol `to`. */
function object(
  sections: readonly (string | BuildSection)[],
  references: string,
  more: Partial<BuildObject> = {},
) {
  const built = sections.map(
    (s): BuildSection => (typeof s === "string" ? { name: s, bytes: new Uint8Array(16) } : s),
  );
  const defined = built
    .filter((s) => s.name.startsWith(".text."))
    .map((s) => ({ name: s.name.slice(6), section: s.name }));
  const wanted = references
    .split(" ")
    .filter(Boolean)
    .map((r) => r.split(">"));
  const missing = [...new Set(wanted.map(([, to]) => to))].filter(
    (to) => !defined.some((d) => d.name === to) && !built.some((s) => s.name === to),
  );
  return buildObject({
    sections: built,
    symbols: [...defined, ...missing.map((name) => ({ name }))],
    relocations: wanted.map(([section, symbol], i) => ({ section, symbol, offset: (i % 2) * 8, type: 1 })),
    ...more,
  });
}

function gc(bytes: Uint8Array, script: string, options: Partial<LinkOptions> = {}) {
  const report = new Report();
  const modes = { wholeArchive: false, asNeeded: false, static: true, format: "elf" };
  const all: LinkOptions = {
    ...defaultOptions(options.compat ?? "gnu"),
    inputs: [{ kind: "file", path: "a.o", modes }],
    gcSections: true,
    ...options,
  };
  const commands = collectCommands([parseScript({ name: "t.ld", text: script }, report)], all, report);
  const target = targetOfEmulation("elf_x86_64");
  if (!target) throw new Error("no target");
  const files = new MemoryFileSystem({ "a.o": bytes });
  const { model } = resolveInputs(all, commands, files, report, (s) => parseScript(s, report), target);
  markLive(model, commands, new EhFrames(model.sections.count), report);
  const { sections, names } = model;
  const live: string[] = [];
  for (let id = 1; id < sections.count; id++)
    if (sections.fate[id] === Fate.kept) live.push(names.text(sections.name[id]));
  return { live, model, messages: report.diagnostics.map((d) => d.message) };
}

const chain = object(
  [".text.main", ".text.f", ".text.g", ".text.dead", ".data.dead"],
  ".text.main>f .text.f>g .text.dead>g",
);

describe.each(["gnu", "lld"] as const)("%s", (compat) => {
  test("what the entry reaches", () => {
    const { live, model } = gc(chain, "ENTRY(main)", { compat });
    expect(live).toEqual([".text.main", ".text.f", ".text.g"]);
    const { names, sections, symbols, trace } = model;
    const row = (name: string) => sections.name.indexOf(names.find(name));
    expect(trace.liveRoots.get(row(".text.main"))).toBe("entry symbol main");
    expect(trace.liveFrom[row(".text.g")]).toBe(row(".text.f"));
    expect(names.text(symbols.name[trace.liveThrough[row(".text.g")]])).toBe("g");
  });

  test("without --gc-sections everything stays", () => {
    expect(gc(chain, "ENTRY(main)", { compat, gcSections: false }).live.length).toBe(5);
  });

  test("-u, EXTERN and KEEP are roots", () => {
    expect(gc(chain, "ENTRY(main)", { compat, undefined: ["dead"] }).live).toContain(".text.dead");
    expect(gc(chain, "ENTRY(main) EXTERN(dead)", { compat }).live).toContain(".text.dead");
    const keep = "ENTRY(main) SECTIONS { .d : { KEEP(*(EXCLUDE_FILE(b.o) .data.*)) } }";
    const { live, model } = gc(chain, keep, { compat });
    expect(live).toContain(".data.dead");
    expect([...model.trace.liveRoots.values()]).toContain("KEEP in t.ld:1");
    const other = "ENTRY(main) SECTIONS { .d : { KEEP(b.o(.data.*)) KEEP(*(EXCLUDE_FILE(a.o) .data.*)) } }";
    // GNU ld would read b.o, which a pattern names: there is none.
    expect(gc(chain, other, { compat }).live).not.toContain(".data.dead");
  });

  test("notes and SHF_GNU_RETAIN", () => {
    const bytes = object(
      [
        ".text.main",
        { name: ".note.x", type: SHT_NOTE, flags: SHF_ALLOC, bytes: [1] },
        { name: ".retained", flags: SHF_ALLOC | SHF_GNU_RETAIN, bytes: [1] },
        { name: ".lost", flags: SHF_ALLOC, bytes: [1] },
      ],
      "",
    );
    expect(gc(bytes, "ENTRY(main)", { compat }).live).toEqual([".text.main", ".note.x", ".retained"]);
  });

  test("groups live together", () => {
    const bytes = object([".text.main", ".text.f", ".data.f"], ".text.main>f", {
      groups: [{ signature: "f", members: [".text.f", ".data.f"] }],
    });
    expect(gc(bytes, "ENTRY(main)", { compat }).live).toEqual([".text.main", ".text.f", ".data.f"]);
  });

  test("SHF_LINK_ORDER follows what it is attached to", () => {
    const attached = (name: string, link: string): BuildSection => ({
      name,
      link,
      bytes: [1],
      flags: SHF_ALLOC | SHF_LINK_ORDER,
    });
    const bytes = object(
      [".text.main", ".text.dead", attached("meta1", ".text.main"), attached("meta2", ".text.dead")],
      "",
    );
    expect(gc(bytes, "ENTRY(main)", { compat }).live).toEqual([".text.main", "meta1"]);
  });

  test("__start_ and __stop_ keep sections of that name, unless -z start-stop-gc", () => {
    const set = { name: "my_set", flags: SHF_ALLOC | SHF_WRITE, bytes: [1] };
    const bytes = object([".text.main", set], ".text.main>__start_my_set");
    expect(gc(bytes, "ENTRY(main)", { compat, startStopGc: false }).live).toContain("my_set");
    expect(gc(bytes, "ENTRY(main)", { compat, startStopGc: true }).live).not.toContain("my_set");
  });
});

test("arrays of constructors: GNU's scripts KEEP them, LLD knows them", () => {
  const array = {
    name: ".init_array",
    type: SHT_INIT_ARRAY,
    flags: SHF_ALLOC | SHF_WRITE,
    bytes: new Uint8Array(8),
  };
  const bytes = object([".text.main", array], "");
  expect(gc(bytes, "ENTRY(main)").live).toEqual([".text.main"]);
  expect(gc(bytes, "ENTRY(main)", { compat: "lld" }).live).toEqual([".text.main", ".init_array"]);
});

test("debug information and comments stay with an object that has something alive", () => {
  const debug = { name: ".debug_info", flags: 0, bytes: new Uint8Array(16) };
  const comment = { name: ".comment", flags: 0, bytes: [1] };
  const described = { name: ".stack_sizes", flags: 0, bytes: new Uint8Array(16) };
  const bytes = object(
    [".text.main", ".text.dead", debug, comment, described],
    ".debug_info>dead .stack_sizes>dead",
  );
  expect(gc(bytes, "ENTRY(main)").live).toEqual([".text.main", ".debug_info", ".comment"]);
  expect(gc(bytes, "ENTRY(nothing)").live).toEqual([]);
  expect(gc(bytes, "ENTRY(nothing)", { compat: "lld" }).live).toEqual([
    ".debug_info",
    ".comment",
    ".stack_sizes",
  ]);
});

test("--print-gc-sections", () => {
  expect(gc(chain, "ENTRY(main)", { printGcSections: true }).messages).toEqual([
    "removing unused section '.text.dead' in file 'a.o'",
    "removing unused section '.data.dead' in file 'a.o'",
  ]);
});
