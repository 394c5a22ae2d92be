import type { Device } from "../memory.ts";
import type { Console } from "./semihosting.ts";

/** A 16550 UART without interrupts: what programs need that print and read by polling. */
export function uart(console: Console): Device {
  const registers = new Uint8Array(8);
  const one = new Uint8Array(1);
  let waiting = -1;
  const fill = () => {
    if (waiting >= 0) return;
    const count = console.poll ? console.poll(one) : console.read(one);
    if (count === 1) waiting = one[0];
  };
  return {
    name: "uart",
    read(offset) {
      if (offset > 7) return 0;
      if (offset === 0 && (registers[3] & 0x80) === 0) {
        fill();
        const value = Math.max(waiting, 0);
        waiting = -1;
        return value;
      }
      // Line status: the transmitter is empty; data is ready.
      if (offset === 5) {
        fill();
        return 0x60 | (waiting < 0 ? 0 : 1);
      }
      return offset === 2 ? 1 : registers[offset];
    },
    write(offset, _width, value) {
      if (offset > 7) return true;
      const byte = Number(value & 0xffn);
      if (offset === 0 && (registers[3] & 0x80) === 0) console.write(Uint8Array.of(byte), false);
      else registers[offset] = byte;
      return true;
    },
  };
}

/** The "test finisher" of SiFive's boards: writing 0x5555 ends with 0, 0x3333 with the code above it. */
export function finisher(exit: (code: number) => void): Device {
  return {
    name: "finisher",
    read: () => 0,
    write(offset, _width, value) {
      const word = Number(value & 0xffffffffn);
      if (offset === 0 && (word & 0xffff) === 0x5555) exit(0);
      else if (offset === 0 && (word & 0xffff) === 0x3333) exit((word >>> 16) & 255);
      return true;
    },
  };
}
