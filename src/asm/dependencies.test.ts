import { expect, test } from "vitest";
import { dependencyText } from "./dependencies.ts";

test("the last file read comes first, each once", () => {
  expect(dependencyText("a.o", ["a.s", "b.s", "c.s", "b.s"])).toBe("a.o: c.s b.s a.s\n");
});

test("lines of at most 72 columns; blanks and dollars are quoted", () => {
  const name = (i: number) => `include/a-long-name-${i}.s`;
  const text = dependencyText("out file.o", [1, 2, 3, 4].map(name));
  expect(text).toBe(`out\\ file.o: ${name(4)} ${name(3)} \\\n ${name(2)} ${name(1)}\n`);
  expect(dependencyText("a.o", ["$x.s"])).toBe("a.o: $$x.s\n");
});
