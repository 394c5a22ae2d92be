// The machine: runs RISC-V programs.
export {
  type Board,
  type BoardDevice,
  type BoardRegion,
  boardFor,
  quantity,
  readBoard,
} from "./bare/board.ts";
export { type Console, OPERATIONS, usesSemihosting } from "./bare/semihosting.ts";
export { type BareOptions, type BareResult, BareSystem, startBare } from "./bare/system.ts";
export { cause, causeName } from "./causes.ts";
export { debuggeeOf } from "./gdb/debuggee.ts";
export { type Debuggee, type DebugResult, GdbServer } from "./gdb/server.ts";
export { Hart, MACHINE, SUPERVISOR, USER } from "./hart.ts";
export { AddressSpace, type Area } from "./linux/address-space.ts";
export type { Call } from "./linux/calls.ts";
export type { Stream, Terminal } from "./linux/descriptors.ts";
export * as errors from "./linux/errors.ts";
export {
  type DirectoryEntry,
  type FileKind,
  type FileStatus,
  type FileTree,
  MemoryTree,
  MountedTrees,
  type OpenHow,
  type TreeFile,
} from "./linux/file-tree.ts";
export {
  type Clock,
  isError,
  LinuxProcess,
  NOTHING,
  type ProcessEnd,
  type ProcessOptions,
  type ProcessSnapshot,
  type ProcessWatcher,
  type RunResult,
  WAIT,
} from "./linux/process.ts";
export { ReplayedStream } from "./linux/replay.ts";
export { SIGNAL_NAMES } from "./linux/signals.ts";
export { type LinuxOptions, startLinux } from "./linux/start.ts";
export type { Thread } from "./linux/thread.ts";
export {
  carryOut,
  describeLoad,
  type LoadOptions,
  type LoadPlan,
  type LoadStep,
  planLoad,
} from "./load/plan.ts";
export {
  allExtensions,
  type Environment,
  Machine,
  type MachineOptions,
  type Snapshot,
  type Stop,
  type Tier,
} from "./machine.ts";
export { type Device, type MappedDevice, Memory, MOST_MEMORY, type Region } from "./memory.ts";
export { CallTracker, type CallWatcher, type Frame } from "./observe/calls.ts";
export { coverageText } from "./observe/coverage.ts";
export { type InputPlace, readLinkMap } from "./observe/link-map.ts";
export {
  type CallNode,
  ExecutionCounts,
  type FlatRow,
  flatText,
  foldedText,
  type LineRow,
  Profile,
  treeText,
} from "./observe/profile.ts";
export { runObserved, type StepObserver, type Target } from "./observe/step.ts";
export { type FunctionInfo, ProgramSymbols, type SourcePlace } from "./observe/symbols.ts";
export { type EventKind, Timeline, type TimelineEvent, timelineText } from "./observe/timeline.ts";
export {
  CallTrace,
  InstructionTrace,
  type Print,
  printAccess,
  systemCallTrace,
  TraceFilter,
} from "./observe/trace.ts";
export { webAssemblyStandIn } from "./stand-in.ts";
export { adviseCompiler, type ModuleKind, shareMemory } from "./web-assembly.ts";
