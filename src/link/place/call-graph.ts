import type { Report } from "../../diagnostics/index.ts";
import { type FileSystem, isProblem } from "../../files/index.ts";
import type { LinkModel, SectionId, SymbolId } from "../../model/index.ts";
import { RelocationReader } from "../relocation-reader.ts";

// Functions that call each other often are put side by side, so that they
// share pages of memory and of the instruction TLB: the "call-chain clustering"
// of Ottoni and Maher (Optimizing Function Placement for Large-Scale
// Data-Center Applications, CGO 2017) as LLD applies it to a call graph with
// weights. Every section starts as a cluster of its own; from the densest on
// (calls for each byte), each is appended to the cluster that calls it most,
// unless that becomes too large or too thin.

/** Beyond a large page, being in one cluster gains nothing. */
const MOST_BYTES = 1024 * 1024;

/** A cluster may lose this factor of its density by what is appended. */
const MOST_DILUTION = 8;

/** .llvm.call-graph-profile of LLVM 13 and later: weights, with a pair of relocations for the symbols of each. */
const SHT_LLVM_CALL_GRAPH_PROFILE = 0x6fff4c09;

/** Weights of calls between sections. */
export class CallGraph {
  readonly edges = new Map<string, { from: SectionId; to: SectionId; weight: number }>();

  add(from: SectionId, to: SectionId, weight: number): void {
    const key = `${from} ${to}`;
    const known = this.edges.get(key);
    if (known) known.weight += weight;
    else this.edges.set(key, { from, to, weight });
  }
}

/** Reads `CALLER CALLEE WEIGHT` lines; `sectionOf` says where a name is defined, 0 for nowhere. */
export function readCallGraphFile(
  path: string,
  files: FileSystem,
  sectionOf: (name: string) => SectionId,
  report: Report,
): CallGraph {
  const graph = new CallGraph();
  const file = files.open(path);
  if (isProblem(file)) {
    const problem = `cannot open ${path}: ${file.problem}`;
    report.error("LD0591", undefined, problem, { lld: problem });
    return graph;
  }
  const text = new TextDecoder().decode(file.read(0, file.size));
  file.close();
  for (const line of text.split(/\r?\n/)) {
    if (line === "" || line.startsWith("#")) continue;
    const fields = line.split(" ");
    if (fields.length !== 3 || !/^\d+$/.test(fields[2])) {
      report.error("LD0591", path, "parse error", {
        notes: [{ message: `expected CALLER CALLEE WEIGHT, found ${line}` }],
      });
      return graph;
    }
    const from = sectionOf(fields[0]);
    const to = sectionOf(fields[1]);
    if (from > 0 && to > 0) graph.add(from, to, Number(fields[2]));
  }
  return graph;
}

/** Reads the .llvm.call-graph-profile sections of the objects. */
export function readCallGraphSections(
  model: LinkModel,
  sectionOf: (symbol: SymbolId) => SectionId,
): CallGraph {
  const graph = new CallGraph();
  const { sections, objects } = model;
  const reader = new RelocationReader(model);
  for (const object of objects) {
    const end = object.sectionBase + object.sectionCount;
    for (let section = object.sectionBase; section < end; section++) {
      if (sections.type[section] !== SHT_LLVM_CALL_GRAPH_PROFILE) continue;
      reader.open(section);
      const entries = Math.min(sections.size[section] >>> 3, reader.count >>> 1);
      for (let i = 0; i < entries; i++) {
        const at = sections.fileOffset[section] + i * 8;
        const weight = Number(object.view.getBigUint64(at, object.littleEndian));
        const from = sectionOf(reader.symbol(i * 2));
        const to = sectionOf(reader.symbol(i * 2 + 1));
        if (from > 0 && to > 0) graph.add(from, to, weight);
      }
    }
  }
  return graph;
}

interface Cluster {
  members: SectionId[];
  size: number;
  weight: number;
  readonly ownWeight: number;
  /** The cluster, by its first member, that calls it most. */
  readonly caller: number;
  readonly callerWeight: number;
}

/** The sections of a graph in the order in which to place them; `outputOf`: only sections of one output are clustered. */
export function orderByCalls(
  model: LinkModel,
  graph: CallGraph,
  outputOf: (section: SectionId) => unknown,
): SectionId[] {
  const clusters = initialClusters(model, graph, outputOf);
  /** Of each initial cluster the one it is a part of now. */
  const home = clusters.map((_, i) => i);
  const byDensity = clusters.map((_, i) => i).sort((a, b) => density(clusters[b]) - density(clusters[a]));
  for (const index of byDensity) {
    const cluster = clusters[index];
    if (cluster.caller < 0 || cluster.callerWeight * 10 <= cluster.ownWeight) continue;
    const into = home[cluster.caller];
    if (into === home[index]) continue;
    const caller = clusters[into];
    const size = caller.size + cluster.size;
    const weight = caller.weight + cluster.weight;
    if (size > MOST_BYTES || weight / size < density(caller) / MOST_DILUTION) continue;
    caller.members = caller.members.concat(cluster.members);
    caller.size = size;
    caller.weight = weight;
    for (let i = 0; i < home.length; i++) if (home[i] === index) home[i] = into;
    cluster.members = [];
    cluster.size = 0;
    cluster.weight = 0;
  }
  return clusters
    .filter((cluster) => cluster.members.length > 0)
    .sort((a, b) => density(b) - density(a))
    .flatMap((cluster) => cluster.members);
}

function initialClusters(
  { sections }: LinkModel,
  graph: CallGraph,
  outputOf: (section: SectionId) => unknown,
): Cluster[] {
  const indices = new Map<SectionId, number>();
  const facts: { section: SectionId; weight: number; caller: number; callerWeight: number }[] = [];
  const indexOf = (section: SectionId): number => {
    const known = indices.get(section);
    if (known !== undefined) return known;
    const index = facts.push({ section, weight: 0, caller: -1, callerWeight: 0 }) - 1;
    indices.set(section, index);
    return index;
  };
  for (const { from, to, weight } of graph.edges.values()) {
    if (outputOf(from) !== outputOf(to) || outputOf(from) === undefined) continue;
    const caller = indexOf(from);
    const callee = facts[indexOf(to)];
    callee.weight += weight;
    if (from === to || (callee.caller >= 0 && callee.callerWeight >= weight)) continue;
    callee.caller = caller;
    callee.callerWeight = weight;
  }
  return facts.map(({ section, weight, caller, callerWeight }) => ({
    members: [section],
    size: sections.size[section],
    weight,
    ownWeight: weight,
    caller,
    callerWeight,
  }));
}

function density({ size, weight }: Cluster): number {
  return size === 0 ? 0 : weight / size;
}
