import fc from "fast-check";
import { expect, test } from "vitest";
import { demangleRust } from "./index.ts";

// What GNU c++filt 2.40 prints, with hashes and without.

test.each([
  ["_RNvC6_123foo3bar", "123foo[0]::bar", "123foo::bar"],
  ["_RNvNtCs1234_7mycrate3foo3bar", "mycrate[3c1c0]::foo::bar", "mycrate::foo::bar"],
  ["_RNCNvC5crate4main0", "crate[0]::main::{closure#0}", "crate::main::{closure#0}"],
  ["_RINvC5crate3fooReE", "crate[0]::foo::<&str>", "crate::foo::<&str>"],
  ["_RNvMC5crateNtB2_3Bar3new", "<crate[0]::Bar>::new", "<crate::Bar>::new"],
  [
    "_RNvXC5crateNtB2_3BarNtB2_5Trait1f",
    "<crate[0]::Bar as crate[0]::Trait>::f",
    "<crate::Bar as crate::Trait>::f",
  ],
  ["_RINvC5crate1fKj1f_E", "crate[0]::f::<31: usize>", "crate::f::<31>"],
  ["_RINvC5crate1fTlmEE", "crate[0]::f::<(i32, u32)>", "crate::f::<(i32, u32)>"],
  [
    "_RINvC5crate1fFUKCmEuE",
    'crate[0]::f::<unsafe extern "C" fn(u32)>',
    'crate::f::<unsafe extern "C" fn(u32)>',
  ],
  [
    "_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
    "utf8_idents[317d481089b8c8fe]::საჭმელად_გემრიელი_სადილი",
    "utf8_idents::საჭმელად_გემრიელი_სადილი",
  ],
  ["_RINvC5crate1fDNtC4core4SendEL_E", "crate[0]::f::<dyn core[0]::Send>", "crate::f::<dyn core::Send>"],
  [
    "_RNvYNtC5crate3FooNtC5crate3Bar3baz",
    "<crate[0]::Foo as crate[0]::Bar>::baz",
    "<crate::Foo as crate::Bar>::baz",
  ],
])("%s", (mangled, verbose, plain) => {
  expect([demangleRust(mangled, true), demangleRust(mangled)]).toEqual([verbose, plain]);
});

test.each(["_R", "_RNvC", "_RNvB_3foo", "_RNvC6_123foo9bar", "_RINvC5crate1fR"])("%s is no name", (name) => {
  expect(demangleRust(name)).toBeUndefined();
});

test("any text gives some text or none, soon", () => {
  const letters = fc.constantFrom(..."NvtCsIMXYBTFDKLRQPSAjlmeupb0123_EGUh".split(""));
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 60 }), (name) => {
      expect(["string", "undefined"]).toContain(typeof demangleRust(`_R${name.join("")}`));
    }),
    { numRuns: 2000 },
  );
});
