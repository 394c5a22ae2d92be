import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const json = (file: string) => JSON.parse(readFileSync(file, "utf8"));

test("the lock file names no registry, so that any mirror serves", () => {
  const lock = json("package-lock.json");
  for (const entry of Object.values<{ resolved?: string }>(lock.packages))
    expect(entry.resolved).toBeUndefined();
});

test("each exported stage has its source", () => {
  for (const target of Object.values<string>(json("package.json").exports))
    expect(existsSync(target.replace("./dist/lib/", "src/").replace(/\.js$/, ".ts")), target).toBe(true);
});

interface Locked {
  resolved?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

test("the lock file is whole, as npm ci asks: optional packages of other platforms are in it", () => {
  const { packages } = json("package-lock.json") as { packages: Record<string, Locked> };
  for (const [place, entry] of Object.entries(packages))
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }))
      expect(
        [`node_modules/${name}`, `${place}/node_modules/${name}`].some((at) => at in packages),
        name,
      ).toBe(true);
});
