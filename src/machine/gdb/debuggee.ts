import type { BareSystem } from "../bare/system.ts";
import type { Hart } from "../hart.ts";
import { LinuxProcess } from "../linux/process.ts";
import { StructureWriter } from "../linux/structures.ts";
import { READ } from "../translation.ts";
import type { Debuggee } from "./server.ts";

/** A system as the server for GDB wants it. */
export function debuggeeOf(system: LinuxProcess | BareSystem, program: string): Debuggee {
  return system instanceof LinuxProcess ? linuxDebuggee(system, program) : bareDebuggee(system, program);
}

function linuxDebuggee(process: LinuxProcess, program: string): Debuggee {
  const { machine, memory } = process;
  process.holdSignals = true;
  const vector = new StructureWriter((process.stack.auxiliary.length * process.xlen) / 4, process.xlen);
  for (const [type, value] of process.stack.auxiliary) vector.long(type).long(value);
  return {
    machine,
    isLinux: true,
    program,
    auxiliary: vector.bytes,
    run: (limit) => process.run(limit),
    harts: () => process.threads.map(({ hart }) => hart),
    threadName: (hart) => `thread ${process.threads.find((thread) => thread.hart === hart)?.id}`,
    read(address, size) {
      // Protection does not bind a debugger; what is not mapped is not there.
      return process.space.at(address) ? memory.slice(address, size)?.slice() : undefined;
    },
    write: (address, bytes) => process.space.at(address) !== undefined && memory.write(address, bytes),
    heldSignal: () => process.held?.signal ?? 0,
    releaseSignal: (deliver) => process.release(deliver),
  };
}

function bareDebuggee(system: BareSystem, program: string): Debuggee {
  const { machine, memory } = system;
  /** Through the page tables, if the hart uses them. */
  const physical = (hart: Hart, address: number) => {
    const found = machine.cores[hart.index].translation.physical(BigInt(address), 1, READ);
    return found < 0 ? address : found;
  };
  return {
    machine,
    isLinux: false,
    program,
    run: (limit) => system.run(limit),
    harts: () => machine.harts,
    read(address, size) {
      const bytes = new Uint8Array(size);
      for (let done = 0; done < size; ) {
        const part = Math.min(size - done, 4096 - ((address + done) % 4096));
        const found = memory.slice(physical(machine.lastHart, address + done), part);
        if (!found) return done > 0 ? bytes.subarray(0, done) : undefined;
        bytes.set(found, done);
        done += part;
      }
      return bytes;
    },
    write: (address, bytes) => memory.write(physical(machine.lastHart, address), bytes),
  };
}
