import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { isProblem, type OutputFile } from "../files/index.ts";
import { NodeFileSystem, removeOutput, whyNotWritable } from "./node-files.ts";

const top = mkdtempSync(path.join(os.tmpdir(), "premain-files-"));
afterAll(() => rmSync(top, { recursive: true }));
const files = new NodeFileSystem();
const at = (name: string) => path.join(top, name);
const bytes = (text: string) => new TextEncoder().encode(text);

function create(name: string, executable = false): OutputFile {
  const output = files.create(at(name), { executable });
  if (isProblem(output)) throw new Error(output.problem);
  return output;
}

test("an output is seen when it is finished, and not before", () => {
  writeFileSync(at("old"), "old");
  const output = create("old", true);
  output.write(bytes("new"), 2);
  expect(readFileSync(at("old"), "utf8")).toBe("old");
  output.finish();
  expect(readFileSync(at("old"), "utf8")).toBe("\0\0new");
  expect(statSync(at("old")).mode & 0o100).toBe(0o100);
});

test("an abandoned output leaves nothing behind", () => {
  const before = readdirSync(top);
  const output = create("never");
  output.write(bytes("half"), 0);
  output.abandon();
  expect(readdirSync(top)).toEqual(before);
});

test("a link is replaced, not followed", () => {
  writeFileSync(at("target"), "target");
  symlinkSync("target", at("link"));
  const output = create("link");
  output.write(bytes("x"), 0);
  output.finish();
  expect(readFileSync(at("target"), "utf8")).toBe("target");
  expect(readFileSync(at("link"), "utf8")).toBe("x");
});

test("problems have the words of strerror", () => {
  expect(files.open(at("missing"))).toEqual({ problem: "No such file or directory" });
  expect(files.open(top)).toEqual({ problem: "Is a directory" });
  expect(files.create(at("no/such/folder"))).toEqual({ problem: "No such file or directory" });
  expect(whyNotWritable(top)).toBe("Is a directory");
  expect(whyNotWritable(at("old/below"))).toBe("Not a directory");
  const before = readdirSync(top);
  expect(whyNotWritable(at("fresh"))).toBeUndefined();
  expect(readdirSync(top)).toEqual(before);
});

test("a part of a file, and what lies beyond its end", () => {
  writeFileSync(at("data"), "0123456789");
  const file = files.open(at("data"));
  if (isProblem(file)) throw new Error(file.problem);
  expect(new TextDecoder().decode(file.read(3, 4))).toBe("3456");
  expect(new TextDecoder().decode(file.read(8, 100))).toBe("89");
  expect(file.read(20, 5).length).toBe(0);
  file.close();
});

test("--chroot stands before absolute paths", () => {
  writeFileSync(at("inside"), "x");
  expect(new NodeFileSystem(top).isFile("/inside")).toBe(true);
  expect(files.isFile("/inside")).toBe(false);
  expect(files.isFile(top)).toBe(false);
});

test("a failed link removes files, and no devices", () => {
  writeFileSync(at("gone"), "x");
  removeOutput(at("gone"));
  removeOutput(at("gone"));
  removeOutput("/dev/null");
  expect(readdirSync(top)).not.toContain("gone");
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});
