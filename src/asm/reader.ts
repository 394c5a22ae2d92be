import type { Source } from "../diagnostics/index.ts";
import {
  BACKSLASH,
  kinds,
  NAME_PART,
  NAME_START,
  NEWLINE,
  QUOTE,
  SLASH,
  SPACE,
  STAR,
  STATEMENT_END,
} from "./characters.ts";
import { hashOf, type NameId, type Names, SEED, step } from "./names.ts";

/** A stretch of source text: a file, an expansion of a macro, a repetition. */
export interface Frame {
  bytes: Uint8Array;
  /** Texts to read after this one, as lines of the same numbers: repetitions. */
  readonly rest: readonly Uint8Array[];
  /** How many of `rest` have been read. */
  done: number;
  /** The number of the first line. */
  readonly line: number;
  /** Where to go on when it is current again. */
  at: number;
  readonly kind: "file" | "macro" | "repeat";
  /** As the user calls it; a line marker changes it (see `Segment`). */
  readonly file: string;
  /** The macro's name, for messages. */
  readonly macro?: string;
  /** The place of the statement that brought this text in. */
  readonly from: number;
  /** Depth of open conditionals when it began; `.exitm` returns there. */
  readonly conditionals: number;
  source?: Source;
}

/** From `place` on, lines are of this frame, counted from `line`, and called lines of `file`. */
interface Segment {
  readonly place: number;
  readonly frame: Frame;
  /** As messages and debug information count. */
  readonly line: number;
  readonly file: string;
  /** The line of `frame.bytes`, from 1. */
  readonly physical: number;
}

/**
 * The bytes being read, and the scanner on them.
 *
 * There is one current buffer; a macro's expansion or an included file is read
 * by pushing another. A buffer ends in a newline and a zero byte. `place`
 * counts the lines read in all, so that a statement is known by one number;
 * `Segment`s tell what file and line that was.
 *
 * Nothing is copied or cleaned up beforehand, as GNU as does: each function
 * here skips blanks and comments where they may stand. `#`, `;` and `//` end a
 * statement.
 */
export class Reader {
  bytes: Uint8Array = new Uint8Array([NEWLINE, 0]);
  at = 0;
  place = 0;
  /** How often `push` was called: a statement that did so has not been ended. */
  pushes = 0;
  readonly frames: Frame[] = [];
  private readonly segments: Segment[] = [];
  readonly names: Names;

  constructor(names: Names) {
    this.names = names;
  }

  get frame(): Frame {
    return this.frames[this.frames.length - 1];
  }

  /** Reads `texts`, which end in a newline and a zero each, before going on here. */
  push(
    texts: readonly Uint8Array[],
    kind: Frame["kind"],
    file: string,
    options: { line?: number; macro?: string; conditionals?: number } = {},
  ): void {
    const current = this.frames.at(-1);
    if (current) current.at = this.at;
    const [bytes] = texts;
    this.pushes++;
    const frame: Frame = {
      bytes,
      rest: texts,
      done: 1,
      line: options.line ?? 1,
      at: 0,
      kind,
      file,
      macro: options.macro,
      from: this.place,
      conditionals: options.conditionals ?? 0,
    };
    this.frames.push(frame);
    this.bytes = bytes;
    this.at = 0;
    this.place++;
    this.segments.push({ place: this.place, frame, line: options.line ?? 1, file, physical: 1 });
  }

  /** The current text is at its end: goes on with its next repetition, if there is one. */
  again(): boolean {
    const { frame } = this;
    if (frame.done >= frame.rest.length) return false;
    frame.bytes = frame.rest[frame.done++];
    this.bytes = frame.bytes;
    this.at = 0;
    this.place++;
    this.segments.push({ place: this.place, frame, line: frame.line, file: frame.file, physical: 1 });
    return true;
  }

  /** Ends the current macro or repetition here. */
  leave(): void {
    this.frame.done = this.frame.rest.length;
    this.at = this.bytes.length - 1;
  }

  /** Goes back to what was read before; false if there is nothing. */
  pop(): boolean {
    const ended = this.frames.pop()!;
    const frame = this.frames.at(-1);
    if (!frame) return false;
    const back = this.locate(ended.from);
    this.place++;
    this.segments.push({
      place: this.place,
      frame,
      line: back.line,
      file: back.file,
      physical: back.physical,
    });
    this.bytes = frame.bytes;
    this.at = frame.at;
    return true;
  }

  /** A marker: the next line is called `line` of `file`. */
  mark(line: number, file: string | undefined): void {
    const now = this.locate(this.place);
    this.segments.push({
      place: this.place + 1,
      frame: this.frame,
      line,
      file: file ?? now.file,
      physical: now.physical + 1,
    });
  }

  /** What file and line a place is: as the source calls them, and where in the frame's bytes. */
  locate(place: number): { file: string; line: number; physical: number; frame: Frame } {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.segments[middle].place <= place) low = middle;
      else high = middle - 1;
    }
    const { frame, line, file, physical, place: first } = this.segments[low];
    return { frame, file, line: line + place - first, physical: physical + place - first };
  }

  /**
   * Where the text of a place stands in a file: for an expansion, where the
   * outermost was asked for. Debug information leaves repetitions in place.
   */
  origin(
    place: number,
    through: "expansions" | "macros",
  ): { file: string; line: number; physical: number; frame: Frame; nesting: number } {
    let at = this.locate(place);
    let nesting = 0;
    while (at.frame.kind === "macro" || (through === "expansions" && at.frame.kind === "repeat")) {
      at = this.locate(at.frame.from);
      nesting++;
    }
    return { ...at, nesting };
  }

  /** Past blanks and comments inside a statement. */
  skipSpace(): void {
    const { bytes } = this;
    let at = this.at;
    for (;;) {
      const byte = bytes[at];
      if ((kinds[byte] & SPACE) !== 0) at++;
      else if (byte === SLASH && bytes[at + 1] === STAR) at = this.skipComment(at);
      else if (byte === SLASH && bytes[at + 1] === SLASH) {
        while (bytes[at] !== NEWLINE && at < bytes.length - 1) at++;
        break;
      } else break;
    }
    this.at = at;
  }

  /** Behind the comment that starts at `at`; its lines are counted. */
  private skipComment(at: number): number {
    const { bytes } = this;
    const last = bytes.length - 1;
    let i = at + 2;
    while (i < last && !(bytes[i] === STAR && bytes[i + 1] === SLASH)) {
      if (bytes[i] === NEWLINE) this.place++;
      i++;
    }
    if (i < last) return i + 2;
    // Never closed: the zero byte is as good an end as any.
    return last;
  }

  /** Past blanks alone: where `#` is not a comment. */
  skipSpaceButComments(): void {
    while ((kinds[this.bytes[this.at]] & SPACE) !== 0) this.at++;
  }

  /** Whether the statement ends here; blanks have been skipped. */
  get atEnd(): boolean {
    return (kinds[this.bytes[this.at]] & STATEMENT_END) !== 0;
  }

  /** Skips blanks, then takes `byte` if it is next. */
  take(byte: number): boolean {
    this.skipSpace();
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** Takes a comma and the blanks around it. */
  takeComma(): boolean {
    this.skipSpace();
    if (this.bytes[this.at] !== 44) return false;
    this.at++;
    this.skipSpace();
    return true;
  }

  /** The name that starts here, or -1; a name in quotes may hold anything. */
  name(): NameId {
    const { bytes } = this;
    const start = this.at;
    const first = bytes[start];
    if ((kinds[first] & NAME_START) === 0) return first === QUOTE ? this.quotedName() : -1;
    let hash = step(SEED, first);
    let at = start + 1;
    for (let byte = bytes[at]; (kinds[byte] & NAME_PART) !== 0; byte = bytes[++at]) hash = step(hash, byte);
    this.at = at;
    return this.names.intern(bytes, start, at, hash);
  }

  private quotedName(): NameId {
    const { bytes } = this;
    let at = this.at + 1;
    const text: number[] = [];
    for (; bytes[at] !== QUOTE; at++) {
      if (bytes[at] === NEWLINE || bytes[at] === 0) return -1;
      if (bytes[at] === BACKSLASH && (bytes[at + 1] === QUOTE || bytes[at + 1] === BACKSLASH)) at++;
      text.push(bytes[at]);
    }
    if (text.length === 0) return -1;
    this.at = at + 1;
    return this.names.intern(
      Uint8Array.from(text),
      0,
      text.length,
      hashOf(Uint8Array.from(text), 0, text.length),
    );
  }

  /** To the end of the statement: a separator, a comment or the end of the line. Quotes are heeded. */
  skipStatement(): void {
    const { bytes } = this;
    for (;;) {
      this.skipSpace();
      const byte = bytes[this.at];
      if ((kinds[byte] & STATEMENT_END) !== 0) return;
      this.at++;
      if (byte === QUOTE) this.skipString();
      else if (byte === 39 && bytes[this.at] !== NEWLINE && bytes[this.at] !== 0) this.at++;
    }
  }

  /** Behind the closing quote; a string that is never closed ends with its line. */
  private skipString(): void {
    const { bytes } = this;
    for (; bytes[this.at] !== QUOTE; this.at++) {
      if (bytes[this.at] === NEWLINE || bytes[this.at] === 0) return;
      if (bytes[this.at] === BACKSLASH && bytes[this.at + 1] !== NEWLINE && bytes[this.at + 1] !== 0)
        this.at++;
    }
    this.at++;
  }

  /** The text between two offsets of the current buffer. */
  text(start: number, end: number): string {
    return decoder.decode(this.bytes.subarray(start, end));
  }
}

/** A buffer that the reader accepts: `bytes` with a newline and a zero behind. */
export function terminated(bytes: Uint8Array): Uint8Array {
  const ended = bytes.length > 0 && bytes[bytes.length - 1] === NEWLINE;
  const result = new Uint8Array(bytes.length + (ended ? 1 : 2));
  result.set(bytes);
  if (!ended) result[bytes.length] = NEWLINE;
  return result;
}

const decoder = new TextDecoder();
