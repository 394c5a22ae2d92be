import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EM_X86_64 } from "../elf/index.ts";
import { buildObject } from "../elf/testing.ts";
import { currentArena, endArena, startArena } from "../kernels/index.ts";
import { SecondThread, type Trial } from "./second-thread.ts";
import { type Folder, newFolder } from "./testing.ts";

const [R_X86_64_64, R_X86_64_PC32] = [1, 2];
const OBJECTS = 60;
const SIZE = 1 << 17;
let folder: Folder;
let trial: Trial;
let names: string[];

/** A link of eight megabytes, with relocations in each object to the next one. */
beforeAll(async () => {
  const program = await build({
    entryPoints: [path.join(import.meta.dirname, "link-thread.ts")],
    write: false,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
  });
  trial = { large: 1 << 20, program: program.outputFiles[0].text, wait: 10_000 };
  folder = newFolder();
  names = [];
  for (let i = 0; i < OBJECTS; i++) {
    const bytes = Uint8Array.from({ length: SIZE }, (_, at) => (at * (i + 1)) >> 3);
    const next = `f${(i + 1) % OBJECTS}`;
    const relocations = [
      { section: ".text", offset: 16, symbol: next, type: R_X86_64_PC32, addend: -4 },
      { section: ".text", offset: SIZE - 8, symbol: next, type: R_X86_64_64 },
    ];
    const name = `${i}.o`;
    const object = buildObject({
      machine: EM_X86_64,
      sections: [{ name: ".text", bytes }],
      symbols: [
        { name: `f${i}`, section: ".text", value: i, binding: 1 },
        ...(i === 0 ? [{ name: "_start", section: ".text", binding: 1 }] : []),
        { name: next, binding: 1 },
      ],
      relocations,
    });
    writeFileSync(path.join(folder.path, name), object);
    names.push(name);
  }
});

afterAll(() => folder?.remove());

const output = (name: string): Uint8Array => readFileSync(path.join(folder.path, name));

describe("a second thread", () => {
  test.each([[], ["--build-id=md5"], ["--build-id=fast"], ["--emit-relocs"], ["--oformat=binary"]])(
    "changes nothing in the output: %s",
    (...more) => {
      const line = ["--build-id", ...names, ...more, "-o"];
      const alone = folder.ld([...line, "alone", "--threads=1"], "gnu", trial);
      const both = folder.ld([...line, "both"], "gnu", trial);
      expect(both).toMatchObject({ code: alone.code, error: alone.error, out: alone.out });
      expect(alone.code).toBe(0);
      expect(Buffer.compare(output("both"), output("alone"))).toBe(0);
    },
  );

  test("is of no consequence when it cannot be started or ends at once", () => {
    folder.ld(["--build-id", ...names, "--no-threads", "-o", "alone"]);
    for (const program of ["throw new Error('not today')", "is no program", ""]) {
      expect(
        folder.ld(["--build-id", ...names, "-o", "out"], "gnu", { ...trial, program, wait: 200 }).code,
      ).toBe(0);
      expect(Buffer.compare(output("out"), output("alone"))).toBe(0);
    }
  });

  test("an error in the middle of a link is the same, and leaves nothing behind", () => {
    const line = [...names.slice(0, -1), "-o", "failed"];
    const alone = folder.ld(["--threads=1", ...line], "gnu", trial);
    const both = folder.ld(line, "gnu", trial);
    expect(both).toMatchObject({ code: 1, error: alone.error });
    expect(both.error).toContain("undefined reference to `f59'");
    expect(readdirSync(folder.path).filter((name) => name.startsWith("failed"))).toEqual([]);
  });

  test("links one after the other leave no threads", async () => {
    for (let i = 0; i < 200; i++) {
      const wait = i % 50 === 0 ? trial.wait : 0;
      expect(
        folder.ld([...names.slice(0, 9), "--noinhibit-exec", "-o", "many"], "gnu", { ...trial, wait }).code,
      ).toBe(0);
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const threads = () => (existsSync("/proc/self/task") ? readdirSync("/proc/self/task").length : 0);
    for (let i = 0; i < 100 && threads() > 30; i++) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(threads()).toBeLessThan(30);
  }, 100_000);
});

describe("work for a second thread", () => {
  test("is done in order; hashes are those of the host, of bytes from anywhere", () => {
    const { thread, end } = started();
    const bytes = currentArena()?.uint8(3_000_000).fill(5) ?? new Uint8Array();
    const own = { create: () => ({ update() {}, digest: () => new Uint8Array() }), randomBytes: () => bytes };
    const hasher = thread.hashing(own).create("sha1");
    for (let i = 0; i < 200; i++) hasher.update(bytes.subarray(i * 1000, (i + 1) * 1000));
    hasher.update(Uint8Array.of(1, 2, 3));
    const sum = spawnSync("sha1sum", {
      input: Buffer.concat([bytes.subarray(0, 200_000), Buffer.of(1, 2, 3)]),
    });
    expect(Buffer.from(hasher.digest()).toString("hex")).toBe(sum.stdout.toString().slice(0, 40));
    end();
  });

  test("a write that fails is reported as if the first thread had done it", () => {
    const { thread, end } = started();
    const file = path.join(folder.path, "0.o");
    const fd = openSync(file, "r");
    const writing = thread.writing();
    writing?.write(fd, currentArena()?.uint8(10) ?? new Uint8Array(), 0);
    writing?.end();
    expect(() => writing?.check()).toThrow(expect.objectContaining({ code: "EBADF", syscall: "write" }));
    closeSync(fd);
    end();
  });

  function started() {
    startArena();
    const thread = new SecondThread({ threads: 2, inputs: 1, trial });
    thread.open();
    thread.expect(trial.large);
    expect(thread.writing()).toBeDefined();
    const end = (): void => {
      thread.stop();
      endArena();
    };
    return { thread, end };
  }
});

test("a full disk is reported, and nothing of the output stays", ({ skip }) => {
  const disk = mkdtempSync(path.join(os.tmpdir(), "premain-disk-"));
  try {
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "premain", disk]);
    if (mounted.status !== 0) {
      console.log("SKIP: no small disk can be made here");
      skip();
    }
    const full = (...more: string[]) => {
      try {
        return folder.ld([...names, ...more, "-o", path.join(disk, "out")], "gnu", trial);
      } catch (error) {
        const { code, syscall, message } = error as NodeJS.ErrnoException;
        return { code, syscall, message };
      }
    };
    const alone = full("--threads=1");
    expect(alone).toMatchObject({ code: "ENOSPC", syscall: "write" });
    expect(full()).toEqual(alone);
    expect(readdirSync(disk)).toEqual([]);
  } finally {
    spawnSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  }
});
