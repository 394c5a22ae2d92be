import type { Worker as NodeWorker } from "node:worker_threads";
import type { Backlog } from "../files/index.ts";
import { type Arena, CONTROL_WORDS, currentArena, SIGNAL } from "../kernels/index.ts";
import type { HashAlgorithm, Hasher, Hashing } from "../link/index.ts";
import { isLimited } from "./address-space.ts";
import { type Writing, writeAtOnce } from "./node-files.ts";
import {
  ALGORITHMS,
  DONE,
  FAILED,
  GIVEN,
  Operation,
  PIECE,
  QUEUE_WORDS,
  RING,
  RING_SIZE,
  STATE,
  STOP,
  State,
  TEXT,
} from "./work-queue.ts";

// The second thread of a large link, as the first one sees it. A link goes on
// without waiting for anything, and is the same without the thread. It is
// started when it shows that a link will be large; for others it would take
// longer to start than it saves. Where it cannot be started, or is not ready
// yet, the first thread does all by itself.

/** The program of the thread (link-thread.ts), set by the bundler. */
declare const PREMAIN_LINK_THREAD: string;

/** A link that reads so much is large, as far as its first files tell, if there are many. */
const LARGE = 48 << 20;
const MANY = 64;
const SAMPLE = 6;
const SAMPLE_SIZE = 1 << 19;
/** Where there are few files, a link that has read so much. */
const LARGE_ALREADY = 32 << 20;

/** Pieces of work: two buffers to be hashed and written. */
const BEHIND = 4;

export interface ThreadOptions {
  /** 1: there is no second one. */
  readonly threads: number;
  /** How many files the command line names. */
  readonly inputs: number;
  /** For tests: what is different from the usual. */
  readonly trial?: Trial;
}

export interface Trial {
  /** How many bytes make a link a large one. */
  readonly large: number;
  /** The program of the thread. */
  readonly program: string;
  /** For how long the first thread waits for it to be ready, in milliseconds. */
  readonly wait: number;
}

export class SecondThread implements Backlog {
  private readonly inputs: number;
  private readonly large: number;
  private readonly program: string | undefined;
  private readonly patience: number;
  private isWanted: boolean;
  private opened = 0;
  private read = 0;
  private arena: Arena | undefined;
  private control: Int32Array = new Int32Array(0);
  private queue: Int32Array = new Int32Array(0);
  private isHashing = false;

  constructor({ threads, inputs, trial }: ThreadOptions) {
    this.inputs = inputs;
    this.large = trial?.large ?? LARGE;
    this.patience = trial?.wait ?? 0;
    const program = typeof PREMAIN_LINK_THREAD === "string" ? PREMAIN_LINK_THREAD : undefined;
    this.program = trial?.program ?? program;
    this.isWanted = threads > 1 && this.program !== undefined;
  }

  /** A file was opened. */
  open(): void {
    this.opened++;
  }

  /** So many bytes are about to be read. */
  expect(bytes: number): void {
    this.read += bytes;
    if (this.isWanted && this.isLarge()) this.start();
  }

  private isLarge(): boolean {
    const { read, opened, inputs } = this;
    if (read >= Math.min(LARGE_ALREADY, this.large)) return true;
    const isSample = inputs >= MANY && opened >= SAMPLE && read >= SAMPLE_SIZE;
    return isSample && (read / opened) * inputs >= this.large;
  }

  private start(): void {
    this.isWanted = false;
    const arena = currentArena();
    if (!arena?.isShared || this.program === undefined) return;
    // Without room for its heap V8 would end the process.
    if (isLimited()) return;
    const { Worker } = process.getBuiltinModule?.("node:worker_threads") ?? {};
    if (!Worker) return;
    const { memory } = arena;
    const control = arena.announce(QUEUE_WORDS);
    let worker: NodeWorker;
    try {
      worker = new Worker(this.program, {
        eval: true,
        workerData: { memory, control: control.byteOffset, words: control.length },
        execArgv: [],
        env: {},
        trackUnmanagedFds: false,
        // It makes next to no garbage.
        resourceLimits: { maxYoungGenerationSizeMb: 1 },
      });
    } catch {
      return; // no more threads, or no memory for one
    }
    worker.on("error", () => {}); // it has said so itself, or never begun
    worker.unref();
    this.arena = arena;
    this.control = control;
    this.queue = control.subarray(CONTROL_WORDS);
    if (this.patience > 0) Atomics.wait(this.queue, STATE, State.starting, this.patience);
  }

  /** Whether it takes work. */
  private get isReady(): boolean {
    return this.arena !== undefined && Atomics.load(this.queue, STATE) === State.ready;
  }

  /** Ends it, when it has done what was given. */
  stop(): void {
    this.isWanted = false;
    if (!this.arena) return;
    Atomics.store(this.queue, STOP, 1);
    this.signal();
    this.arena = undefined;
  }

  private signal(): void {
    Atomics.add(this.control, SIGNAL, 1);
    Atomics.notify(this.control, SIGNAL);
  }

  get given(): number {
    return this.queue[GIVEN];
  }

  await(count: number): void {
    const { queue } = this;
    if (Atomics.load(queue, DONE) >= count) return;
    this.signal();
    for (let done = Atomics.load(queue, DONE); done < count; done = Atomics.load(queue, DONE)) {
      if (Atomics.load(queue, STATE) === State.over) throw new Error("the linker's second thread is gone");
      Atomics.wait(queue, DONE, done, 1000);
    }
  }

  private give(operation: number, a = 0, b = 0, c = 0, d = 0, e = 0): void {
    const { queue } = this;
    const given = queue[GIVEN];
    this.await(given - RING_SIZE + 1);
    const at = RING + (given % RING_SIZE) * PIECE;
    queue[at] = operation;
    queue[at + 1] = a;
    queue[at + 2] = b;
    queue[at + 3] = c;
    queue[at + 4] = d;
    queue[at + 5] = e;
    Atomics.store(queue, GIVEN, given + 1);
    // Bytes that are hashed are written next.
    if (operation === Operation.write || operation === Operation.digest) this.signal();
  }

  /** What the thread has put there. */
  private text(): Uint8Array {
    const { queue } = this;
    return new Uint8Array(queue.buffer, queue.byteOffset + (TEXT + 1) * 4, queue[TEXT]).slice();
  }

  /** Hashes in this thread where it can. */
  hashing(own: Hashing): Hashing {
    return {
      create: (algorithm) => this.hasher(algorithm) ?? own.create(algorithm),
      randomBytes: (count) => own.randomBytes(count),
    };
  }

  private hasher(algorithm: HashAlgorithm): Hasher | undefined {
    const { arena } = this;
    const number = ALGORITHMS.indexOf(algorithm);
    if (!arena || !this.isReady || number < 0 || this.isHashing) return undefined;
    this.isHashing = true;
    this.give(Operation.startHash, number);
    return {
      update: (bytes) => {
        const there = arena.own(bytes);
        this.give(Operation.hash, there.byteOffset, there.length);
      },
      digest: () => {
        this.isHashing = false;
        this.give(Operation.digest);
        this.await(this.given);
        return this.text();
      },
    };
  }

  /** The way of writing files by this thread, when it is there. */
  writing(): Writing | undefined {
    if (!this.isReady) return undefined;
    return {
      backlog: this,
      write: (fd, bytes, position) => {
        this.checkWrites();
        if (this.arena?.owns(bytes)) {
          if (this.isBehind()) {
            this.signal();
            writeAtOnce.write(fd, bytes, position);
            return;
          }
          const low = position % 2 ** 32;
          this.give(Operation.write, fd, bytes.byteOffset, bytes.length, low, (position - low) / 2 ** 32);
          return;
        }
        // What was given may be for the same place.
        this.await(this.given);
        writeAtOnce.write(fd, bytes, position);
      },
      end: () => this.await(this.given),
      check: () => this.checkWrites(),
    };
  }

  /** Whether there is so much to do that the first thread would soon have to wait. */
  private isBehind(): boolean {
    return this.given - Atomics.load(this.queue, DONE) > BEHIND;
  }

  /** Throws what a write has thrown in the thread. */
  private checkWrites(): void {
    if (Atomics.load(this.queue, FAILED) === 0) return;
    const { message, ...facts } = JSON.parse(new TextDecoder().decode(this.text()));
    throw Object.assign(new Error(message), facts);
  }
}
