import { createHash, type Hash } from "node:crypto";
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { CONTROL_WORDS, SIGNAL, Toucher } from "../kernels/index.ts";
import {
  ALGORITHMS,
  DONE,
  FAILED,
  GIVEN,
  Operation,
  PIECE,
  RING,
  RING_SIZE,
  STATE,
  STOP,
  State,
  TEXT,
  TEXT_ROOM,
} from "./work-queue.ts";

// The linker's second thread, a program of its own (second-thread.ts starts it):
// touches memory before the first thread reads files into it, then hashes and
// writes what the first one has finished of the output.

interface Given {
  readonly memory: { readonly buffer: SharedArrayBuffer };
  /** The address of the block of words that Arena.announce made. */
  readonly control: number;
  readonly words: number;
}

const { memory, control: address, words: count } = workerData as Given;
const control = new Int32Array(memory.buffer, address, CONTROL_WORDS);
const queue = new Int32Array(memory.buffer, address + CONTROL_WORDS * 4, count - CONTROL_WORDS);
const toucher = new Toucher(control, () => new Int32Array(memory.buffer));
let hash: Hash | undefined;

function bytesAt(at: number, length: number): Uint8Array {
  // A thread hears a little later that the other one has made the memory larger.
  while (memory.buffer.byteLength < at + length)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  return new Uint8Array(memory.buffer, at, length);
}

function putText(bytes: Uint8Array): void {
  const length = Math.min(bytes.length, TEXT_ROOM);
  bytesAt(queue.byteOffset + (TEXT + 1) * 4, length).set(bytes.subarray(0, length));
  queue[TEXT] = length;
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

function carryOut(at: number): void {
  const [operation, a, b, c, d, e] = queue.subarray(at, at + PIECE);
  switch (operation) {
    case Operation.startHash:
      hash = createHash(ALGORITHMS[a]);
      break;
    case Operation.hash:
      hash?.update(bytesAt(a >>> 0, b));
      break;
    case Operation.digest:
      // It does not matter when there is an error, which is there already.
      if (hash && Atomics.load(queue, FAILED) === 0) putText(new Uint8Array(hash.digest()));
      break;
    case Operation.write:
      if (Atomics.load(queue, FAILED) === 0) writeAll(a, bytesAt(b >>> 0, c), e * 2 ** 32 + (d >>> 0));
      break;
  }
}

/** Does the next piece of work; false when there is none. */
function work(): boolean {
  const done = Atomics.load(queue, DONE);
  if (done === Atomics.load(queue, GIVEN)) return false;
  try {
    carryOut(RING + (done % RING_SIZE) * PIECE);
  } catch (error) {
    const { code, errno, message, syscall } = error as NodeJS.ErrnoException;
    putText(Buffer.from(JSON.stringify({ code, errno, message, syscall })));
    Atomics.store(queue, FAILED, 1);
  }
  Atomics.store(queue, DONE, done + 1);
  Atomics.notify(queue, DONE);
  return true;
}

Atomics.store(queue, STATE, State.ready);
Atomics.notify(queue, STATE);
try {
  for (;;) {
    const seen = Atomics.load(control, SIGNAL);
    if (work()) continue;
    if (Atomics.load(queue, STOP) !== 0) break;
    if (!toucher.touch()) Atomics.wait(control, SIGNAL, seen);
  }
} finally {
  Atomics.store(queue, STATE, State.over);
  Atomics.notify(queue, DONE);
}
