import { expect, test } from "vitest";
import { isTight } from "./address-space.ts";

// As Linux writes them (proc(5)).
const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units
Max file size             unlimited            unlimited            bytes
Max address space         ${soft.padEnd(20)} unlimited            bytes
Max file locks            10                   unlimited            locks
`;

test("addresses are few where a limit leaves less than WebAssembly asks for", () => {
  expect(isTight(limits("8192000000"))).toBe(true);
  expect(isTight(limits("unlimited"))).toBe(false);
  expect(isTight(limits(`${2 ** 40}`))).toBe(false);
  expect(isTight("")).toBe(false);
});
