/**
 * Fuzzes the linker with mutated objects, archives, shared objects and scripts:
 *
 *     node scripts/run.mjs conformance/fuzz/fuzz.ts [--seconds N] [--seed N] [--one N] [--save FOLDER]
 *
 * campaign.ts describes the options. What must hold of every link, whatever its
 * input: no exception, an end within two seconds of processor time, and an
 * output only if there was no error.
 */
import path from "node:path";
import { Report, renderDiagnostic } from "../../src/diagnostics/index.ts";
import { MemoryFileSystem, type OutputFile } from "../../src/files/index.ts";
import { link, parseArguments } from "../../src/link/index.ts";
import { campaign, type Seed } from "./campaign.ts";
import { readCorpus } from "./corpus.ts";
import { mutateBytes, mutateText, Random } from "./mutate.ts";
import { sharedSeeds } from "./shared-seeds.ts";

/** Outputs beyond this are not kept, only their size: an absurd address makes an absurd file. */
const KEPT_BYTES = 1 << 26;

class FuzzFiles extends MemoryFileSystem {
  override create(name: string): OutputFile {
    const inner = super.create(name);
    return {
      ...inner,
      write(bytes, position) {
        if (position + bytes.length <= KEPT_BYTES) inner.write(bytes, position);
      },
    };
  }
}

const decoder = new TextDecoder("latin1");
const isText = (bytes: Uint8Array) => !(bytes[0] === 0x7f || (bytes[0] === 0x21 && bytes[1] === 0x3c));
const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** The mutated files of a link: one or two of them changed. */
function mutate(seeds: readonly Seed[], number: number): Seed {
  const random = new Random(number);
  const seed = random.pick(seeds);
  const files = { ...seed.files };
  const names = Object.keys(files);
  for (let i = 1 + random.below(2); i > 0; i--) {
    const name = random.pick(names);
    const other = Object.values(random.pick(seeds).files);
    if (isText(files[name])) {
      const texts = other.filter(isText).map((bytes) => decoder.decode(bytes));
      files[name] = bytesOf(mutateText(random, decoder.decode(files[name]), texts.length ? texts : [""]));
    } else files[name] = mutateBytes(random, files[name], other);
  }
  const extra = [
    "--gc-sections",
    "-r",
    "--emit-relocs",
    "--build-id",
    "--eh-frame-hdr",
    "-O2",
    "--no-relax",
    "-s",
  ];
  const args = random.below(3) === 0 ? [...seed.args, random.pick(extra)] : seed.args;
  return { name: seed.name, args, files };
}

function attempt(seed: Seed, show: boolean, count: () => void): string | undefined {
  const files = new FuzzFiles(seed.files);
  const report = new Report();
  const { options, action } = parseArguments(seed.args, "ld", "gnu", files, report);
  if (action !== "link" || report.hasErrors) return undefined;
  const { succeeded } = link(options, { files }, report);
  if (show)
    for (const diagnostic of report.diagnostics)
      process.stdout.write(renderDiagnostic(diagnostic, { program: "ld", dialect: "gnu", color: false }));
  if (succeeded) count();
  // The name may come from the script's OUTPUT.
  const made = [...files.files].some(([name, bytes]) => seed.files[name] !== bytes);
  if (succeeded && report.hasErrors) return "succeeded in spite of an error";
  if (!succeeded && !report.hasErrors) return "failed without a message";
  if (made !== succeeded) return succeeded ? "succeeded without an output" : "failed and left an output";
  return undefined;
}

await campaign(import.meta.url, {
  noun: "link",
  prepare: () => [...readCorpus(path.resolve("test/ld")), ...sharedSeeds()],
  mutate,
  attempt,
});
