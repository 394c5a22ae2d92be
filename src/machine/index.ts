// The machine: runs RISC-V programs.
export { cause } from "./control.ts";
export { Hart, MACHINE, SUPERVISOR, USER } from "./hart.ts";
export {
  allExtensions,
  type Environment,
  Machine,
  type MachineOptions,
  type Snapshot,
  type Stop,
} from "./machine.ts";
export { type Device, type MappedDevice, Memory, MOST_MEMORY, type Region } from "./memory.ts";
