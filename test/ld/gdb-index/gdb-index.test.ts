import { expect, test } from "vitest";
import { assemble } from "../../../src/asm/index.ts";
import { Report } from "../../../src/diagnostics/index.ts";
import { MemoryFileSystem } from "../../../src/files/index.ts";
import { link, parseArguments } from "../../../src/link/index.ts";

// --gdb-index: the file that it makes is read as GDB's manual describes it.

/** A unit with code in .text.NAME, and the names that it has for GDB. */
const unit = (name: string, ranges: boolean) => `
	.section .text.${name},"ax"
	.globl ${name}
${name}:	.long 0x13, 0x13
.Lend_${name}:
	.section .debug_abbrev,"",@progbits
.Labbrev_${name}:
	.byte 1, 17, 0
	.byte 17, 1
	${ranges ? ".byte 85, 23" : ".byte 18, 6"}
	.byte 0, 0, 0
	.section .debug_info,"",@progbits
.Linfo_${name}:
	.long .Linfo_end_${name} - .Lversion_${name}
.Lversion_${name}:
	.short 4
	.long .Labbrev_${name}
	.byte 8, 1
	${ranges ? `.quad 0\n\t.long .Lranges_${name}` : `.quad ${name}\n\t.long 8`}
.Linfo_end_${name}:
	${ranges ? `.section .debug_ranges,"",@progbits\n.Lranges_${name}:\t.quad ${name}, .Lend_${name}, 0, 0` : ""}
	.section .debug_gnu_pubnames,"",@progbits
	.long .Lnames_end_${name} - .Lnames_${name}
.Lnames_${name}:
	.short 2
	.long .Linfo_${name}
	.long .Linfo_end_${name} - .Linfo_${name}
	.long 0x20
	.byte 0x30
	.string "${name}"
	.long 0x24
	.byte 0x90
	.string "Both"
	.long 0
.Lnames_end_${name}:
`;

function linked(words: string, objects: Record<string, string>): Map<string, Uint8Array> {
  const report = new Report();
  const files = new MemoryFileSystem();
  for (const [name, source] of Object.entries(objects)) {
    const input = { name: "x.s", bytes: new TextEncoder().encode(source) };
    const object = assemble([input], { march: "rv64g", currentDirectory: "/" }, files, report);
    if (object) files.files.set(name, object.bytes);
  }
  const { options } = parseArguments(words.split(" "), "ld.lld", "lld", files, report);
  const { layout, succeeded } = link(options, { files }, report);
  expect(report.diagnostics.map(({ message }) => message)).toEqual([]);
  expect(succeeded).toBe(true);
  const image = files.files.get("out") ?? new Uint8Array(0);
  return new Map(
    layout?.sections.map(({ name, fileOffset, size }) => [
      name,
      image.subarray(fileOffset, fileOffset + size),
    ]),
  );
}

/** Units, areas and names of an index. */
function read(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [version, units, types, areas, table, pool] = [0, 4, 8, 12, 16, 20].map((at) =>
    view.getUint32(at, true),
  );
  expect([version, units, types]).toEqual([7, 24, areas]);
  const list = <T>(from: number, to: number, size: number, item: (at: number) => T) =>
    Array.from({ length: (to - from) / size }, (_, i) => item(from + i * size));
  const number = (at: number) => Number(view.getBigUint64(at, true));
  const names = new Map<string, number[]>();
  for (const [name, vector] of list(table, pool, 8, (at) => [
    view.getUint32(at, true),
    view.getUint32(at + 4, true),
  ])) {
    if (name === 0 && vector === 0) continue;
    const start = pool + name;
    const text = new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
    const count = view.getUint32(pool + vector, true);
    const first = pool + vector + 4;
    names.set(
      text,
      list(first, first + 4 * count, 4, (at) => view.getUint32(at, true)),
    );
  }
  return {
    units: list(units, types, 16, (at) => [number(at), number(at + 8)]),
    areas: list(areas, table, 20, (at) => [number(at), number(at + 8), view.getUint32(at + 16, true)]),
    slots: (pool - table) / 8,
    names: Object.fromEntries(names),
  };
}

test("units, their addresses and their names, of objects and of several units in one", () => {
  const objects = { "a.o": unit("first", false) + unit("second", true), "b.o": unit("third", false) };
  const words = "-e first --image-base=0x100000 -Ttext=0x200000 --gdb-index a.o b.o -o out";
  const sections = linked(words, objects);
  expect(read(sections.get(".gdb_index") ?? new Uint8Array(0))).toEqual({
    units: [
      [0, 24],
      [24, 24],
      [48, 24],
    ],
    areas: [
      [0x200000, 0x200008, 0],
      [0x200008, 0x200010, 1],
      [0x200010, 0x200018, 2],
    ],
    slots: 1024,
    names: {
      first: [0x30000000],
      second: [0x30000001],
      third: [0x30000002],
      Both: [0x90000000, 0x90000001, 0x90000002],
    },
  });
  expect(sections.has(".debug_gnu_pubnames")).toBe(false);
  expect(sections.has(".debug_info")).toBe(true);
});

test("code that was left out has no addresses, and without the option nothing changes", () => {
  const objects = { "a.o": unit("first", false) + unit("second", true) };
  const index = linked("-e first --gc-sections --gdb-index a.o -o out", objects).get(".gdb_index");
  expect(read(index ?? new Uint8Array(0)).areas.map(([, , number]) => number)).toEqual([0]);
  const plain = linked("-e first a.o -o out", objects);
  expect([plain.has(".gdb_index"), plain.has(".debug_gnu_pubnames")]).toEqual([false, true]);
});
