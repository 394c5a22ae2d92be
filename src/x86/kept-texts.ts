// Most instructions of a program stand in it many times, so the texts of those
// that have no address in them are kept and found by their bytes, at the cost of
// two hashes. How long an instruction is that begins so is guessed from its first
// three bytes. In libcrypto's 740,000 lines that spares an eighth of the time.

const SLOTS = 1 << 14;
/** Bytes of a slot: no instruction has more than 15. */
const ROOM = 16;

export class KeptTexts {
  /** What was found last. */
  text = "";
  /** Hash of three bytes to the size of the last instruction that began so; 0 where none did. */
  private readonly guesses = new Uint8Array(1 << 16);
  /** By hash of its bytes: an instruction's size, bytes, and text. */
  private readonly sizes = new Uint8Array(SLOTS);
  private readonly bytes = new Uint8Array(SLOTS * ROOM);
  private readonly texts: string[] = new Array<string>(SLOTS).fill("");

  /** The size of the instruction at `offset` if its text is kept, which is then in `text`; or 0. At least 15 bytes follow. */
  find(code: Uint8Array, offset: number): number {
    const size = this.guesses[guessOf(code, offset)];
    if (size === 0) return 0;
    const slot = slotOf(code, offset, size);
    if (this.sizes[slot] !== size) return 0;
    const { bytes } = this;
    for (let i = 0, at = slot * ROOM; i < size; i++, at++) if (bytes[at] !== code[offset + i]) return 0;
    this.text = this.texts[slot];
    return size;
  }

  /** Keeps a text in the place of another. */
  keep(code: Uint8Array, offset: number, size: number, text: string): void {
    this.guesses[guessOf(code, offset)] = size;
    const slot = slotOf(code, offset, size);
    this.sizes[slot] = size;
    this.texts[slot] = text;
    for (let i = 0; i < size; i++) this.bytes[slot * ROOM + i] = code[offset + i];
  }
}

function guessOf(code: Uint8Array, offset: number): number {
  const start = code[offset] | (code[offset + 1] << 8) | (code[offset + 2] << 16);
  return Math.imul(start, 0x9e3779b1) >>> 16;
}

function slotOf(code: Uint8Array, offset: number, size: number): number {
  let hash = size;
  for (let i = offset; i < offset + size; i++) hash = Math.imul(hash ^ code[i], 0x9e3779b1);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}
