import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryFileSystem, type RandomAccess } from "../files/index.ts";
import { Archive, writeArchive } from "./index.ts";

function open(bytes: Uint8Array): RandomAccess {
  const file = new MemoryFileSystem({ a: bytes }).open("a");
  if ("problem" in file) throw new Error(file.problem);
  return file;
}

const members = [
  { name: "a.o", bytes: Uint8Array.of(1, 2, 3), symbols: ["one", "two"] },
  { name: "a_rather_long_name.o", bytes: Uint8Array.of(4, 5), symbols: [] },
  { name: "another_long_name_too.o", bytes: Uint8Array.of(6), symbols: ["three"] },
];

function symbolsOf(archive: Archive): [string, string][] {
  const { index } = archive;
  if (!index) return [];
  return Array.from({ length: index.count }, (_, i) => {
    const start = index.nameOffset[i];
    const name = new TextDecoder().decode(index.names.subarray(start, start + index.nameLength[i]));
    const member = archive.member(index.member[i]);
    return [name, typeof member === "string" ? member : member.name];
  });
}

test.each(["gnu", "gnu64", "bsd", "thin"] as const)("%s archives", (format) => {
  const archive = new Archive(open(writeArchive(members, { format })));
  expect(archive.problem).toBeUndefined();
  expect(archive.thin).toBe(format === "thin");
  expect(symbolsOf(archive)).toEqual([
    ["one", "a.o"],
    ["two", "a.o"],
    ["three", "another_long_name_too.o"],
  ]);
  const all = archive.members((problem) => expect.fail(problem));
  expect(all.map((m) => m.name)).toEqual(members.map((m) => m.name));
  if (format !== "thin")
    expect(all.map((m) => [...archive.contents(m)])).toEqual(members.map((m) => [...m.bytes]));
});

test("without an index", () => {
  const archive = new Archive(open(writeArchive(members, { noIndex: true })));
  expect(archive.index).toBeUndefined();
  expect(archive.members(() => {}).length).toBe(3);
});

test("a member of a nested archive in a thin one", () => {
  const names = "lib/inner.a/\n";
  const header = (name: string, size: number) =>
    `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"644".padEnd(8)}${String(size).padEnd(10)}\`\n`;
  const bytes = new TextEncoder().encode(
    `!<thin>\n${header("//", names.length)}${names}\n${header("/0:68", 12)}`,
  );
  const archive = new Archive(open(bytes));
  expect(archive.members((p) => expect.fail(p))).toMatchObject([
    { name: "lib/inner.a", nested: 68, offset: -1, size: 12 },
  ]);
});

test("mutated archives give problems, never exceptions", () => {
  const originals = (["gnu", "gnu64", "bsd", "thin"] as const).map((format) =>
    writeArchive(members, { format }),
  );
  const edit = fc.tuple(fc.nat(600), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.nat(3), fc.array(edit, { maxLength: 8 }), fc.nat(600), (which, edits, cut) => {
      const bytes = originals[which].slice(0, cut % 2 ? undefined : cut);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      const archive = new Archive(open(bytes));
      symbolsOf(archive);
      for (const member of archive.members(() => {})) if (member.offset >= 0) archive.contents(member);
    }),
    { numRuns: 500 },
  );
});
