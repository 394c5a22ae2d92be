import type { Where } from "../diagnostics/index.ts";
import { NEWLINE } from "./characters.ts";
import type { Frame, Reader } from "./reader.ts";

/**
 * The place of a message: the line in the text that was read, so that a caret
 * can be put under it, called by the name and number the source goes by.
 */
export function spanOf(reader: Reader, place: number, at?: number): Where {
  if (reader.frames.length === 0 && at !== undefined) return undefined;
  const { frame, file, line, physical } = reader.locate(place);
  const source = sourceOf(frame);
  const { bytes } = frame;
  const start = lineStartsOf(bytes)[physical - 1] ?? bytes.length - 1;
  let end = bytes.indexOf(NEWLINE, start);
  if (end < 0) end = bytes.length - 1;
  // The caret stands under the first byte that is not a blank when only the line is known.
  let caret = start;
  while (caret < end && (bytes[caret] === 32 || bytes[caret] === 9)) caret++;
  if (at !== undefined && frame.bytes === reader.bytes && at >= start && at <= end) caret = at;
  const offset = source.text.length >= bytes.length - 1 ? caret : textOffset(bytes, caret);
  const renamed = frame.kind !== "file" || file !== frame.file || line !== physical;
  return {
    source,
    start: offset,
    end: offset + 1,
    ...(renamed ? { shown: { name: file, line } } : {}),
  };
}

const lineStarts = new WeakMap<Uint8Array, number[]>();

/** Where each line of a buffer begins; kept, because a source with one mistake often has many. */
export function lineStartsOf(bytes: Uint8Array): readonly number[] {
  let starts = lineStarts.get(bytes);
  if (!starts) {
    starts = [0];
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) starts.push(at + 1);
    lineStarts.set(bytes, starts);
  }
  return starts;
}

function sourceOf(frame: Frame): NonNullable<Frame["source"]> {
  frame.source ??= {
    name: frame.file,
    text: decoder.decode(frame.bytes.subarray(0, frame.bytes.length - 1)),
  };
  return frame.source;
}

/** The UTF-16 offset of a byte offset. */
function textOffset(bytes: Uint8Array, offset: number): number {
  return decoder.decode(bytes.subarray(0, offset)).length;
}

const decoder = new TextDecoder();
