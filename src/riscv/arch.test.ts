import { expect, test } from "vitest";
import { architectureString, parseArchitecture, updateArchitecture } from "./index.ts";

const written = (text: string) => architectureString(parseArchitecture(text).architecture);

test("strings are written out in canonical order with versions", () => {
  expect(written("rv64gc")).toBe("rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zifencei2p0_zmmul1p0");
  expect(written("rv32imac")).toBe("rv32i2p1_m2p0_a2p1_c2p0_zmmul1p0");
  expect(written("rv32e")).toBe("rv32e1p9");
  expect(written("rv64imafdc_zbb_zfh")).toBe(
    "rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zmmul1p0_zfh1p0_zfhmin1p0_zbb1p0",
  );
  expect(written("rv64i_zks_sstc")).toBe(
    "rv64i2p1_zicsr2p0_zbkb1p0_zbkc1p0_zbkx1p0_zks1p0_zksed1p0_zksh1p0_sstc1p0",
  );
  expect(written("rv64ic_zba_zifencei")).toBe("rv64i2p1_c2p0_zifencei2p0_zba1p0");
});

test("extensions bring what they imply", () => {
  expect([...parseArchitecture("rv64id").architecture.extensions].sort()).toEqual(["d", "f", "i", "zicsr"]);
});

test("mistakes are told in GNU's words", () => {
  const messages = (text: string) => parseArchitecture(text).messages;
  expect(messages("rv64Gc")).toEqual(["rv64Gc: ISA string cannot contain uppercase letters"]);
  expect(messages("rv128i")).toEqual(["rv128i: ISA string must begin with rv32 or rv64"]);
  expect(messages("rv64c")).toEqual(["rv64c: first ISA extension must be `e', `i' or `g'"]);
  expect(messages("rv64iy")).toEqual(["rv64iy: unknown standard ISA extension or prefix class `y'"]);
  expect(messages("rv64i_zfoo")).toEqual(["rv64i_zfoo: unknown prefixed ISA extension `zfoo'"]);
  expect(messages("rv64i_zba2p")).toEqual([
    "rv64i_zba2p: invalid prefixed ISA extension `zba2p' ends with <number>p",
  ]);
  expect(messages("rv64e")).toEqual(["rv64 does not support the `e' extension"]);
});

test(".option arch adds and removes", () => {
  const { architecture } = parseArchitecture("rv32imac");
  const changed = updateArchitecture(architecture, "+zbb,-c").architecture;
  expect(architectureString(changed)).toBe("rv32i2p1_m2p0_a2p1_zmmul1p0_zbb1p0");
  expect(updateArchitecture(architecture, "-i").messages).toEqual([
    "cannot + or - base extension `i' in .option arch `-i'",
  ]);
});
