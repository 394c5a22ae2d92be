import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { isProblem, MemoryFileSystem } from "../../src/files/index.ts";
import { objdump, readelf, type ToolFiles, type ToolHost } from "../../src/tools/index.ts";

// readelf and objdump on small objects; what is expected was printed by GNU binutils 2.40.

const folder = path.dirname(fileURLToPath(import.meta.url));
const rows: string[] = JSON.parse(readFileSync(path.join(folder, "rows.json"), "utf8"));

class Files extends MemoryFileSystem implements ToolFiles {
  status(name: string): ReturnType<ToolFiles["status"]> {
    const file = this.open(name);
    if (isProblem(file)) return file;
    return { kind: "file", size: file.size, modified: 0, accessed: 0, mode: 0o100644, uid: 0, gid: 0 };
  }
  remove() {
    return undefined;
  }
  realPath(name: string): string {
    return name;
  }
  setStatus(): void {}
  standardInput(): Uint8Array {
    return new Uint8Array(0);
  }
}

async function run(tool: string, args: readonly string[], files: Readonly<Record<string, Uint8Array>>) {
  const out: Buffer[] = [];
  let error = "";
  const host: ToolHost = {
    program: tool,
    version: "0",
    files: new Files(files),
    out: (text) => void out.push(Buffer.from(text, "latin1")),
    outBytes: (bytes) => void out.push(Buffer.from(bytes)),
    error: (text) => {
      error += text;
    },
    now: () => 0,
  };
  const code = await (tool === "readelf" ? readelf : objdump)(args, host);
  return { code, error, out: Buffer.concat(out).toString("latin1") };
}

const fixture = (name: string) => new Uint8Array(readFileSync(path.join(folder, name)));

describe("dumps of objects", () => {
  test.each(rows)("%s", async (row) => {
    const [tool, ...args] = row.split(" ");
    const name = args[args.length - 1];
    const expected = path.join(folder, "expected", `${row.replace(/[ ]/g, "_").replace(/[=,]/g, "-")}.txt`);
    const { code, out, error } = await run(tool, args, { [name]: fixture(name) });
    expect(error).toBe("");
    expect(code).toBe(0);
    expect(out).toBe(readFileSync(expected, "latin1"));
  });
});

describe("bad input", () => {
  const object = fixture("debugged.o");

  test.each(["readelf -a", "readelf -w", "objdump -x", "objdump -d -l", "objdump -W -s"])(
    "%s of a file cut anywhere neither throws nor is silent",
    async (command) => {
      const [tool, ...args] = command.split(" ");
      for (let size = 1; size < object.length; size += 97) {
        const { code, out, error } = await run(tool, [...args, "x"], { x: object.subarray(0, size) });
        expect([0, 1]).toContain(code);
        expect(out + error).not.toBe("");
      }
    },
  );

  test("a missing file", async () => {
    expect(await run("readelf", ["-h", "x"], {})).toEqual({
      code: 1,
      error: "readelf: Error: 'x': No such file\n",
      out: "",
    });
    expect(await run("objdump", ["-f", "x"], {})).toEqual({
      code: 1,
      error: "objdump: 'x': No such file\n",
      out: "",
    });
  });

  test("help", async () => {
    for (const option of ["--help", "-H"]) {
      const { code, out, error } = await run("objdump", [option], {});
      expect({ code, error }).toEqual({ code: 0, error: "" });
      expect(out).toMatch(/^Usage: objdump /);
    }
  });

  test("what is no object", async () => {
    const x = new Uint8Array(64).fill(65);
    expect((await run("objdump", ["-f", "x"], { x })).error).toBe("objdump: x: file format not recognized\n");
    expect((await run("readelf", ["-h", "x"], { x })).error).toContain("Not an ELF file");
  });

  test("an option that is not supported is named", async () => {
    const { code, error } = await run("objdump", ["-d", "--visualize-jumps", "dumped.o"], {
      "dumped.o": fixture("dumped.o"),
    });
    expect(error).toBe("objdump: the option --visualize-jumps is not supported\n");
    expect(code).toBe(1);
  });
});
