// The machine: runs RISC-V programs.
export { cause } from "./control.ts";
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
  type ProcessWatcher,
  type RunResult,
  WAIT,
} from "./linux/process.ts";
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
