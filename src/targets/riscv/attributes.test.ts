import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { Report } from "../../diagnostics/index.ts";
import {
  EF_RISCV_FLOAT_ABI_DOUBLE,
  EF_RISCV_RVC,
  EF_RISCV_RVE,
  EM_RISCV,
  readElf,
  SHT_RISCV_ATTRIBUTES,
} from "../../elf/index.ts";
import { buildObject } from "../../elf/testing.ts";
import { MemoryFileSystem } from "../../files/index.ts";
import { link, parseArguments } from "../../link/index.ts";
import { compareExtensions, formatArch, isArch, parseArch, uniteArchs } from "./arch-string.ts";
import { type Attributes, readAttributes, writeAttributes } from "./attributes.ts";

describe("architecture strings", () => {
  const canonical = (text: string) => {
    const arch = parseArch(text);
    return isArch(arch) ? formatArch(arch) : arch.problem;
  };

  test("single letters in the manual's order, then Z by their letter, S, X", () => {
    expect(canonical("rv64i2p1_xthead1p0_svinval1p0_zba1p0_zicsr2p0_zmmul1p0_c2p0_d2p2_f2p2_a2p1_m2p0")).toBe(
      "rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zmmul1p0_zba1p0_svinval1p0_xthead1p0",
    );
    expect(compareExtensions("zifencei", "zba")).toBeLessThan(0);
    expect(compareExtensions("zicsr", "zicsr")).toBe(0);
  });

  test("what is wrong is said in GNU ld's words", () => {
    const problems = {
      rv64I2p1: "rv64I2p1: ISA string cannot contain uppercase letters",
      i2p1: "i2p1: ISA string must begin with rv32 or rv64",
      rv64m2p0: "rv64m2p0: first ISA extension must be `e', `i' or `g'",
      rv64i2p1_w1p0: "rv64i2p1_w1p0: unknown standard ISA extension or prefix class `w'",
      rv64i2p1_xfoo: "x ISA extension `xfoo' must be set with the versions",
      rv64e1p9: "rv64 does not support the `e' extension",
      rv32i2p1_f2p2_zfinx1p0: "`zfinx' is conflict with the `f/d/q/zfh/zfhmin' extension",
    };
    for (const [text, problem] of Object.entries(problems)) expect(canonical(text)).toBe(problem);
  });

  test("the union has every extension in its newer version, whatever the order", () => {
    const extension = fc.tuple(
      fc.constantFrom("m", "a", "f", "d", "c", "zicsr", "zba", "zifencei", "svinval", "xventana"),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(3),
    );
    const arch = fc.array(extension, { maxLength: 8 }).map((list) => {
      const parsed = parseArch(["rv64i2p1", ...list.map(([name, x, y]) => `${name}${x}p${y}`)].join("_"));
      if (!isArch(parsed)) throw new Error(parsed.problem);
      return parsed;
    });
    fc.assert(
      fc.property(arch, arch, (a, b) => {
        const both = uniteArchs(a, b);
        expect(formatArch(uniteArchs(b, a))).toBe(formatArch(both));
        expect(formatArch(uniteArchs(both, a))).toBe(formatArch(both));
        const reread = parseArch(formatArch(both));
        expect(isArch(reread) && formatArch(reread)).toBe(formatArch(both));
        for (const { name } of [...a.extensions, ...b.extensions])
          expect(both.extensions.some((found) => found.name === name)).toBe(true);
      }),
    );
  });
});

describe("the section", () => {
  test("comes back as it was written, without what is zero or empty", () => {
    const value = (tag: number) =>
      tag % 2 === 0
        ? fc.nat(1 << 20).filter((n) => n > 0)
        : fc.string({ minLength: 1, unit: "grapheme-ascii" });
    const attributes = fc
      .uniqueArray(fc.integer({ min: 4, max: 300 }), { maxLength: 6 })
      .chain((tags) => fc.tuple(...tags.map((tag) => value(tag).map((v) => [tag, v] as const))))
      .map((entries) => new Map<number, number | string>(entries));
    fc.assert(
      fc.property(attributes, (map: Attributes) => {
        const bytes = writeAttributes(new Map([...map, [4, map.get(4) ?? 0], [5, map.get(5) ?? ""]]));
        expect(readAttributes(bytes)).toEqual(map.size > 0 ? map : new Map());
      }),
    );
  });

  test("any bytes are read or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        bytes[0] = 0x41;
        const result = readAttributes(bytes);
        expect(typeof result === "string" || result instanceof Map).toBe(true);
      }),
    );
  });
});

function linkObjects(objects: readonly Uint8Array[], args: readonly string[] = []) {
  const files = new MemoryFileSystem();
  for (const [i, object] of objects.entries()) files.set(`${i}.o`, object);
  const report = new Report();
  const names = objects.map((_, i) => `${i}.o`);
  const all = ["-melf64lriscv", "-e0", "--no-warn-rwx-segments", ...args, ...names, "-o", "out"];
  const { options } = parseArguments(all, "ld", args.includes("--compat=lld") ? "lld" : "gnu", files, report);
  link(options, { files }, report);
  const bytes = files.files.get("out");
  const file = bytes && readElf(bytes, new Report(), "out");
  const section = file?.sections.find(({ type }) => type === SHT_RISCV_ATTRIBUTES);
  return {
    flags: file?.flags,
    attributes: section && bytes?.slice(section.offset, section.offset + section.size),
    messages: report.diagnostics.map(({ where, message, lld }) =>
      args.includes("--compat=lld")
        ? `${where}: ${lld ?? message}`
        : `${where ? `${where}: ` : ""}${message}`,
    ),
  };
}

describe("e_flags", () => {
  const object = (flags: number, code = true) =>
    buildObject({ machine: EM_RISCV, flags, sections: [{ name: code ? ".text" : ".data", bytes: [1, 0] }] });

  test("compressed code in one object makes it a property of all", () => {
    expect(linkObjects([object(0), object(EF_RISCV_RVC)]).flags).toBe(EF_RISCV_RVC);
  });

  test("floating-point ABIs do not mix, except with objects without code", () => {
    const double = EF_RISCV_FLOAT_ABI_DOUBLE;
    expect(linkObjects([object(double), object(0)]).messages).toEqual([
      "1.o: can't link soft-float modules with double-float modules",
      "failed to merge target specific data of file 1.o",
    ]);
    expect(linkObjects([object(double), object(0, false)]).messages).toEqual([]);
    expect(linkObjects([object(double), object(0, false)]).flags).toBe(double);
    expect(linkObjects([object(double), object(0)], ["--compat=lld"]).messages).toContain(
      "1.o: cannot link object files with different floating-point ABI from 0.o",
    );
  });

  test("nor does RVE with the rest", () => {
    expect(linkObjects([object(0), object(EF_RISCV_RVE)]).messages[0]).toBe(
      "1.o: can't link RVE with other target",
    );
    expect(linkObjects([object(0), object(EF_RISCV_RVE)], ["--no-warn-mismatch"]).messages).toEqual([]);
  });
});

const AS = "riscv64-unknown-elf-as";
const LD = "riscv64-unknown-elf-ld";
const installed = [AS, LD].every((tool) =>
  /2\.40/.test(spawnSync(tool, ["--version"], { encoding: "utf8" }).stdout ?? ""),
);
if (!installed) console.log(`skipped: ${AS} and ${LD} 2.40 are not installed`);
const folder = mkdtempSync(path.join(os.tmpdir(), "premain-attributes-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!installed)("merging as GNU ld does", () => {
  const assemble = (name: string, march: string, source: string) => {
    const object = path.join(folder, name);
    writeFileSync(`${object}.s`, source);
    const { status, stderr } = spawnSync(AS, [`-march=${march}`, "-mabi=lp64", `${object}.s`, "-o", object], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    return object;
  };
  const compare = (...parts: readonly (readonly [march: string, directives: string])[]) => {
    const paths = parts.map(([march, text], i) => assemble(`${i}.o`, march, `${text}\n.text\n nop\n`));
    const out = path.join(folder, "out");
    const gnu = spawnSync(LD, ["-melf64lriscv", "-e0", ...paths.map((p) => path.basename(p)), "-o", out], {
      cwd: folder,
      encoding: "utf8",
    });
    const ours = linkObjects(paths.map((file) => new Uint8Array(readFileSync(file))));
    const text = gnu.stderr.trim();
    const messages = text === "" ? [] : text.split("\n").map((line) => line.replace(`${LD}: `, ""));
    expect(ours.messages).toEqual(messages.map((line) => line.replace("warning: ", "")));
    if (gnu.status !== 0) return;
    const bytes = new Uint8Array(readFileSync(out));
    const file = readElf(bytes, new Report(), "out");
    const section = file?.sections.find(({ type }) => type === SHT_RISCV_ATTRIBUTES);
    expect(ours.attributes).toEqual(section && bytes.slice(section.offset, section.offset + section.size));
    expect(ours.flags).toBe(file?.flags);
  };

  test("one object keeps its string", () => compare(["rv64imac", ""]));
  test("extensions are united", () =>
    compare(["rv64imac", ""], ["rv64imafd_zba", ""], ["rv64ic_zicbom", ""]));
  test("stack alignment that differs", () =>
    compare(["rv64i", ".attribute stack_align, 16"], ["rv64i", ".attribute stack_align, 8"]));
  test("stack alignment that one has", () => compare(["rv64i", ".attribute stack_align, 16"], ["rv64i", ""]));
  test("unaligned access of either", () =>
    compare(["rv64i", ".attribute unaligned_access, 0"], ["rv64i", ".attribute unaligned_access, 1"]));
  test("the newer privileged specification, with a warning", () => {
    const spec = (minor: number) => `.attribute priv_spec, 1\n.attribute priv_spec_minor, ${minor}`;
    compare(["rv64i", spec(10)], ["rv64i", spec(12)], ["rv64i", spec(11)]);
  });
  test("versions that a directive gives", () =>
    compare(["rv64i", ""], ["rv64i", '.attribute arch, "rv64i2p0_m2p0"'], ["rv64i_zbb", ""]));
});
