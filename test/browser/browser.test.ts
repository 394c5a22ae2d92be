import vm from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";
// @ts-expect-error: a module without declarations
import { early, hello, start } from "../../examples/tour/inputs.mjs";

/** What a page would do: link three objects that it has in memory, by a command line. */
const PAGE = `
  import { Report, renderDiagnostic } from "./src/diagnostics/index.ts";
  import { MemoryFileSystem } from "./src/files/index.ts";
  import { link, parseArguments } from "./src/link/index.ts";

  globalThis.linkInPage = (inputs, args) => {
    const files = new MemoryFileSystem(inputs);
    const report = new Report();
    const { options } = parseArguments(args, "ld", "gnu", files, report);
    const { succeeded } = link(options, { files }, report);
    const options2 = { program: "ld", dialect: "gnu", color: false };
    const messages = report.diagnostics.map((d) => renderDiagnostic(d, options2)).join("");
    return { succeeded, messages, image: files.files.get(options.output), globals: Object.keys(globalThis) };
  };`;

const SCRIPT = `
ENTRY(_start)
SECTIONS {
  . = 0x400000;
  .text : { *(.text .text.*) }
  .rodata : { *(.rodata.*) first_before_main = .; KEEP(*(SORT(.before_main.*))) last_before_main = .; }
}`;

async function bundle(format: "iife" | "esm"): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: PAGE, resolveDir: process.cwd(), loader: "ts" },
    bundle: true,
    write: false,
    platform: "browser",
    target: "es2023",
    format,
    logLevel: "error",
  });
  return outputFiles[0].text;
}

interface PageResult {
  succeeded: boolean;
  messages: string;
  image: Uint8Array | undefined;
}

test("the library links in a page: no Node, only the globals that every browser has", async () => {
  const context = vm.createContext({ TextDecoder, TextEncoder });
  vm.runInContext(await bundle("iife"), context);
  expect(vm.runInContext("[typeof process, typeof require, typeof Buffer].join()", context)).toBe(
    "undefined,undefined,undefined",
  );
  const inputs = { "start.o": start, "hello.o": hello, "early.o": early, "page.ld": SCRIPT };
  const args = ["--gc-sections", "--build-id", "-T", "page.ld", "start.o", "hello.o", "early.o", "-o", "out"];
  const result: PageResult = context.linkInPage(inputs, args);
  expect(result.messages).toBe("");
  expect(result.succeeded).toBe(true);
  expect([...result.image!.subarray(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);

  // The same bytes as in Node.
  const module = `data:text/javascript,${encodeURIComponent(await bundle("esm"))}`;
  await import(/* @vite-ignore */ module);
  const inNode = (globalThis as unknown as { linkInPage: typeof context.linkInPage }).linkInPage(
    inputs,
    args,
  );
  expect(Buffer.from(inNode.image).equals(Buffer.from(result.image!))).toBe(true);
});

test("a mistake is a message in a page, too", async () => {
  const context = vm.createContext({ TextDecoder, TextEncoder });
  vm.runInContext(await bundle("iife"), context);
  const result: PageResult = context.linkInPage({ "start.o": start }, ["start.o", "-o", "out"]);
  expect(result.succeeded).toBe(false);
  expect(result.messages).toContain("undefined reference to `main'");
  expect(result.image).toBeUndefined();
});
