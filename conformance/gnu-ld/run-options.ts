/**
 * Gives GNU ld and ours the same command lines, right and wrong ones: each option
 * that `ld --help` lists, alone, with values and shortened, and a list of mistakes.
 * Compared are the exit code, the first line of standard error, and the output.
 *
 *     node scripts/run.mjs conformance/gnu-ld/run-options.ts [--sample N] [--start N] [--ld LINKER] [TEXT]...
 *
 * --sample N  only N of the lines, spread over all; --start shifts which
 * TEXT      only lines that contain it
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { isInstalled, runShell, Tally } from "./process.ts";

const SOURCES = {
  a: `.globl _start
_start: call f; ret
.section .text.g,"ax"; .globl g
g: ret
.data
.globl d
d: .quad _start
.comm cc,8,8
.section .debug_info,"",@progbits
.long 1,2,3
.section .note.GNU-stack,"",@progbits
`,
  b: `.globl f
f: lea d(%rip),%rax; ret
.section .rodata.str1.1,"aMS",@progbits,1
.string "hello"
.section .note.GNU-stack,"",@progbits
`,
};

const MISTAKES = `-Tfoo;--nosuch;-nosuch;-zfoo;-m foo;-mfoo;-lfoo;-l:foo;-L;-Lnosuch;-q -r;-r -pie;-r -s;-N -n;-);-( a.o;-) a.o
--start-group;--end-group;--pop-state;--push-state;-Ttext=zz;-Ttext=0x;-Tbss=;-Tdata=1z;--section-start=.text;--section-start==1
--section-start=.x=;--section-start .text=0x1000g;-Ttext-segment=foo;-Ttext-segment=;--defsym;--defsym=a;--defsym=a=;--defsym==1
--defsym=a=b;--defsym=a=b+1;--defsym=a=1);--defsym=1=a;-u nosuch;--require-defined=nosuch;-e nosuch;-e 0x10;-e 0xzz;-b elf32-i386
-b nosuch;--oformat=nosuch;--format=nosuch;-Ofoo;-O3;-G foo;-Gx;-a foo;-assert foo;-R nosuch;-dT nosuch;-T nosuch
-z max-page-size=3;-z max-page-size=foo;-z max-page-size=;-z common-page-size=5;-z stack-size=foo;-z stack-size=
-z stack-size=0x10z;-z start-stop-visibility=foo;-z cet-report=foo;-z lam-report=;-z nosuch;-z foo=bar;-z call-nop=foo
--hash-style=foo;--hash-style=;--build-id=foo;--build-id=0x;--build-id=0x1;--build-id=0x12;--compress-debug-sections=foo
--sort-section=foo;--sort-common=foo;--sort-common=;--orphan-handling=foo;--unresolved-symbols=foo;--spare-dynamic-tags=foo
--hash-size=foo;--hash-size=0;--max-cache-size=foo;--ctf-share-types=foo;--version-script=nosuch;--dynamic-list=nosuch
--export-dynamic-symbol-list=nosuch;--retain-symbols-file=nosuch;nosuch.o;a.o a.o;-Map=;-Map=/nosuch/x;-o /nosuch/x;-o .
--wrap=;--sysroot=nosuch;@nosuch;-xs;-sx;--no-whole-archive=1;--gc-sections=1;--verb;--demangle=foo;--demangle=none
--unique=;--ex;--exclude-libs;-pie -r;-Bfoo;-Bsymbolic;-d;-dfoo;-i;-g;-gfoo;-nostdlib;-static;-staticx;-fini x;-init foo;-w`;

/** What is not ours, or not meant to be the same, by reason. */
const ACCEPTED: Readonly<Record<string, readonly RegExp[]>> = {
  "refused, and it is said what: shared libraries, big-endian output, MRI scripts, splitting, import libraries":
    [
      /^-(Bshareable|shared|G)( foo)?$|^-EB|^(-c|--?mri-scrip|-compat-implib)/,
      /^--?(split-by-|task-lin|out-impli)/,
    ],
  "options and keywords of later versions of GNU ld, which GNU ld 2.40 does not know": [
    /^--?(image-bas|error-|warn-execstac|remap|section-o|rosegment|enable-linker)/,
    /^-z .*(mark-plt|sectionheader|memory-seal)/,
  ],
  "texts that name the linker, its plugins, a measured time, or an error of a library or of the system": [
    /^--?(stats|version|v|V|help|target-help|verbose|print-sysroot|plugin|dependency-file)/i,
    /^--?(script|default-script|dynamic-list|version-script|export-dynamic-symbol-list|dT|package-metadata)=(foo)?$/,
  ],
  "how GNU ld's parser of options takes several letters in one word, a shortened word or an empty one": [
    /^--?architectur|^--?(no-undefine|no|w|no-warnings?)( foo)?$|^--?warn-duplicate-exports|^-rq|^-vv|^--( |$)|^--undefined=$/,
  ],
};

function linesToTry(): string[] {
  const help = execFileSync("ld", ["--help"], { encoding: "utf8" });
  const names = new Set<string>();
  for (const line of help.split("\n")) {
    const [, head] = /^ {2}(-\S.*?)(?: {2}|$)/.exec(line) ?? [];
    for (const part of head?.split(", ") ?? []) {
      const [name] = /^-z [\w-]+=?|^--?[A-Za-z()][\w-]*/.exec(part.trim()) ?? [];
      if (name) names.add(name);
    }
  }
  const lines = [...names].sort().flatMap((name) => {
    if (name.startsWith("-z ")) return [name, `${name}foo`, `${name}=1`, name.replace(/=$/, "")];
    if (/^(-T|-c|--script|--mri-script)$/.test(name)) return [`${name} nosuch`, name];
    const all = [name, `${name}=foo`, `${name}=`, `${name} foo`];
    return name.startsWith("--") ? [...all, name.slice(1), name.slice(0, -1)] : all;
  });
  return [...new Set([...lines, ...MISTAKES.split(/[;\n]/)])];
}

function parse(args: readonly string[]) {
  const options = { ld: path.resolve("bin/ld"), sample: 0, start: 0, texts: [] as string[] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--ld") options.ld = args[++i];
    else if (args[i] === "--sample") options.sample = Number(args[++i]);
    else if (args[i] === "--start") options.start = Number(args[++i]);
    else options.texts.push(args[i]);
  }
  return options;
}

const options = parse(process.argv.slice(2));
const tally = new Tally();
if (!isInstalled("ld") || !isInstalled("as"))
  tally.skip("options", "GNU ld and as for x86-64 are not installed");
else await main();
process.exitCode = tally.finish();

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "ld-options-"));
  const objects = new Map<string, Buffer>();
  for (const [name, source] of Object.entries(SOURCES)) {
    writeFileSync(path.join(folder, `${name}.s`), source);
    execFileSync("as", ["--64", `${name}.s`, "-o", `${name}.o`], { cwd: folder });
    objects.set(`${name}.o`, readFileSync(path.join(folder, `${name}.o`)));
  }
  const run = async (ld: string, line: string) => {
    for (const name of ["out", "foo", "1", "a.out"]) rmSync(path.join(folder, name), { force: true });
    // An option may have taken an object for the name of its output.
    for (const [name, bytes] of objects) writeFileSync(path.join(folder, name), bytes);
    const quoted = line.replace(/[()]/g, "\\$&");
    const result = await runShell(`${ld} ${quoted} a.o b.o -o out`, folder);
    const out = path.join(folder, "out");
    const image = existsSync(out) ? readFileSync(out) : Buffer.alloc(0);
    return { ...result, image, first: result.stderr.split("\n")[0] };
  };
  let lines = linesToTry().filter((line) => options.texts.every((text) => line.includes(text)));
  if (options.sample > 0 && options.sample < lines.length) {
    const step = lines.length / options.sample;
    lines = lines.filter(
      (_, i) => Math.floor((i + options.start) / step) !== Math.floor((i - 1 + options.start) / step),
    );
  }
  const accepted = Object.values(ACCEPTED).flat();
  for (const line of lines) {
    if (accepted.some((pattern) => pattern.test(line))) continue;
    const gnu = await run("ld", line);
    const ours = await run(options.ld, line);
    const problems: string[] = [];
    if (gnu.status !== ours.status) problems.push(`exit code: GNU ${gnu.status}, ours ${ours.status}`);
    if (gnu.first !== ours.first) problems.push(`GNU:  ${gnu.first}`, `ours: ${ours.first}`);
    if (gnu.status === 0 && ours.status === 0 && !gnu.image.equals(ours.image))
      problems.push("the outputs differ");
    if (problems.length > 0) tally.fail(line, problems);
    else tally.pass();
  }
  rmSync(folder, { recursive: true, force: true });
}
