// Memory that was never touched costs the thread that touches it first two
// microseconds a page: the system has to find the page and to clear it. That is
// a fifth of a large link, and most of it is memory that files are read into. A
// second thread (of the host's: a page has none) can touch it first, since an
// arena knows well before what it will be. What the two threads agree upon is here.
//
// The second thread replaces a word of each page by 0 if it is 0, atomically:
// whatever the first one stores there meanwhile, or the system in its name,
// stays. So it does not matter how far either has come, and nobody waits for
// anybody. (To add 0 would be to load first, which is a page fault of its own.)
//
// The words of a `control` block, addresses in pages:
//
//   SIGNAL    grows with all that is told, and is what the second thread sleeps on
//   RANGES    how many ranges there are that files will be read into, one after the other
//   USED      the first page of the range that is in use which nothing was read into
//   IN_USE    the number of that range
//   BLOCK..   a range that is being read into at this moment; its end is 0 if there is none
//   COLUMNS   how many columns there are that are being filled
//   RANGE     the ranges: pairs of first page and end
//   COLUMN    the columns, likewise
//
// Columns are filled row by row, dozens of them at a time. How far they have come
// shows in them: what was touched is zero until something is stored there.

export const SIGNAL = 0;
const RANGES = 1;
const USED = 2;
const IN_USE = 3;
const BLOCK = 4;
const BLOCK_END = 5;
const COLUMNS = 6;
const RANGE = 16;
const MOST_RANGES = 1024;
const COLUMN = RANGE + 2 * MOST_RANGES;
const MOST_COLUMNS = 512;
/** The words of a block. What is behind them is its owner's. */
export const CONTROL_WORDS = COLUMN + 2 * MOST_COLUMNS;

const PAGE_BITS = 12;
/** How much is touched before it is used, at most. More would not help, and perhaps nothing is read into it. */
const WINDOW = (8 << 20) >>> PAGE_BITS;
/** The second thread is woken after so much: seldom, since that may take a tenth of a millisecond. */
const STEP_BITS = 22;
/** As WINDOW, of a column. */
const COLUMN_WINDOW = 32;
/** Smaller ones are not worth it. */
const LEAST_COLUMN = 1 << 17;
/** So many words of a page are looked at to see whether something was stored there. */
const LOOKS = 32;
/** Between two looks at what else there is to do. */
const BATCH = 16;

/** Tells a second thread what memory will be needed. */
export class Announcer {
  private readonly control: Int32Array;
  private known = 0;
  private columns = 0;

  constructor(control: Int32Array) {
    this.control = control;
  }

  /** Files will be read into this, after what was announced before. */
  range(from: number, to: number): void {
    if (this.known === MOST_RANGES) return;
    const at = RANGE + 2 * this.known++;
    this.control[at] = from >>> PAGE_BITS;
    this.control[at + 1] = to >>> PAGE_BITS;
    Atomics.store(this.control, RANGES, this.known);
    this.signal();
  }

  /** The range after the present one is in use now, from its start. */
  nextRange(from: number): void {
    Atomics.store(this.control, USED, from >>> PAGE_BITS);
    Atomics.add(this.control, IN_USE, 1);
  }

  /** What is before `end` is in use, and was before it. */
  used(before: number, end: number): void {
    if (Atomics.load(this.control, BLOCK_END) !== 0) Atomics.store(this.control, BLOCK_END, 0);
    Atomics.store(this.control, USED, end >>> PAGE_BITS);
    if (before >>> STEP_BITS !== end >>> STEP_BITS) this.signal();
  }

  /** This will be read into at once. The second half is the other thread's, which is done at the same time. */
  block(from: number, to: number): void {
    Atomics.store(this.control, BLOCK_END, 0);
    Atomics.store(this.control, BLOCK, (from + (to - from) / 2) >>> PAGE_BITS);
    Atomics.store(this.control, BLOCK_END, to >>> PAGE_BITS);
    this.signal();
  }

  /** This will be filled from its start, while files are read. */
  column(from: number, to: number): void {
    if (this.columns === MOST_COLUMNS || to - from < LEAST_COLUMN) return;
    const at = COLUMN + 2 * this.columns++;
    this.control[at] = from >>> PAGE_BITS;
    this.control[at + 1] = to >>> PAGE_BITS;
    Atomics.store(this.control, COLUMNS, this.columns);
  }

  /** Nothing more will be read. */
  end(): void {
    Atomics.store(this.control, COLUMNS, 0);
    Atomics.store(this.control, BLOCK_END, 0);
    Atomics.store(this.control, RANGES, 0);
  }

  private signal(): void {
    Atomics.add(this.control, SIGNAL, 1);
    Atomics.notify(this.control, SIGNAL);
  }
}

/** What the second thread does. */
export class Toucher {
  private readonly control: Int32Array;
  private readonly memory: () => Int32Array;
  private readonly note: ((address: number) => void) | undefined;
  private words: Int32Array;
  private range = 0;
  /** The next page of it. */
  private page = 0;
  private block = 0;
  private blockPage = 0;
  /** Of each column, the next page to touch; 0 before the first. */
  private readonly columnPages = new Int32Array(MOST_COLUMNS);

  /** `memory` gives all of the memory as it is now; `note`, for tests, is told what is touched. */
  constructor(control: Int32Array, memory: () => Int32Array, note?: (address: number) => void) {
    this.control = control;
    this.memory = memory;
    this.note = note;
    this.words = memory();
  }

  /** Touches some pages; false when there are none to touch. */
  touch(): boolean {
    return this.touchBlock() || this.touchRange() || this.touchColumns();
  }

  private touchColumns(): boolean {
    const { control, columnPages } = this;
    let any = false;
    for (let i = Atomics.load(control, COLUMNS) - 1; i >= 0; i--) {
      const start = control[COLUMN + 2 * i];
      const end = control[COLUMN + 2 * i + 1];
      if (columnPages[i] === 0) columnPages[i] = start;
      const page = columnPages[i];
      if (page >= end || (page - start >= COLUMN_WINDOW && !this.isFilled(page - COLUMN_WINDOW))) continue;
      columnPages[i] = this.touchPages(page, Math.min(end, page + COLUMN_WINDOW / 2));
      any = true;
    }
    return any;
  }

  /** Whether the first thread has stored something there. */
  private isFilled(page: number): boolean {
    const { words } = this;
    const first = page << (PAGE_BITS - 2);
    for (let i = 0; i < LOOKS; i++)
      if (Atomics.load(words, first + (i << (PAGE_BITS - 2)) / LOOKS) !== 0) return true;
    return false;
  }

  private touchBlock(): boolean {
    const { control } = this;
    const end = Atomics.load(control, BLOCK_END);
    if (end === 0) return false;
    const start = Atomics.load(control, BLOCK);
    if (Atomics.load(control, BLOCK_END) !== end) return true;
    if (this.block !== start) {
      this.block = start;
      this.blockPage = start;
    }
    if (this.blockPage >= end) return false;
    this.blockPage = this.touchPages(this.blockPage, end);
    return true;
  }

  private touchRange(): boolean {
    const { control } = this;
    const inUse = Atomics.load(control, IN_USE);
    const used = Atomics.load(control, USED);
    const count = Atomics.load(control, RANGES);
    if (this.range < inUse) {
      this.range = inUse;
      this.page = 0;
    }
    for (; this.range < count; this.range++, this.page = 0) {
      const start = control[RANGE + 2 * this.range];
      const end = control[RANGE + 2 * this.range + 1];
      const isUsed = this.range === inUse;
      if (this.page === 0) this.page = start;
      if (isUsed && this.page < used) this.page = used;
      if (this.page >= end) continue;
      // What is left of the range in use is before what comes after it.
      const inUseEnd = control[RANGE + 2 * inUse + 1];
      const allowed = isUsed ? used + WINDOW : start + WINDOW - (inUseEnd - used);
      if (this.page >= allowed) return false;
      this.page = this.touchPages(this.page, Math.min(end, allowed));
      return true;
    }
    return false;
  }

  private touchPages(from: number, to: number): number {
    const end = Math.min(to, from + BATCH);
    if (end << (PAGE_BITS - 2) > this.words.length) this.words = this.memory();
    const { words } = this;
    // A thread hears a little later that the other one has made the memory larger.
    if (end << (PAGE_BITS - 2) > words.length) return end;
    for (let page = from; page < end; page++) {
      Atomics.compareExchange(words, page << (PAGE_BITS - 2), 0, 0);
      this.note?.(page << PAGE_BITS);
    }
    return end;
  }
}
