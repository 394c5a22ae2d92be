// Takes Node's own code cache out of a start-up snapshot. `node --build-snapshot`
// puts bytecode of all of Node's modules behind the heap; it is a third of the
// file, and each start reads and copies all of it, while our tools need none, or
// a module or two, which then are compiled. (`withoutCodeCache` of Node's own
// would take our functions' bytecode away too.)
import { readFileSync, writeFileSync } from "node:fs";

/** Fewer or more modules than that is no list of Node's modules. */
const [LEAST, MOST] = [50, 5000];

/**
 * Rewrites the file without the cache; false where none is found. The format is
 * nobody's promise, so nothing is assumed but what proves itself: a list is its
 * length and that many pairs of a name and bytes, each with its own length, and
 * the last ends where the file does.
 */
export function trimSnapshot(file) {
  const blob = readFileSync(file);
  for (let at = 0; at + 24 < blob.length; at++) {
    if (blob[at + 2] !== 0 || blob[at + 3] !== 0 || blob[at + 9] !== 0 || blob[at + 10] !== 0) continue;
    const count = lengthAt(blob, at);
    if (count < LEAST || count > MOST || !isListTo(blob, at + 8, count)) continue;
    writeFileSync(file, Buffer.concat([blob.subarray(0, at), Buffer.alloc(8)]));
    return true;
  }
  return false;
}

/** Whether so many names and contents from `at` on are the rest of the file. */
function isListTo(blob, at, count) {
  let next = at;
  for (let i = 0; i < count; i++) {
    const name = lengthAt(blob, next);
    next += 8;
    if (name < 1 || name > 200 || next + name > blob.length) return false;
    for (const end = next + name; next < end; next++)
      if (blob[next] < 0x20 || blob[next] > 0x7e) return false;
    const size = lengthAt(blob, next);
    next += 8 + size;
    if (size < 0 || next > blob.length) return false;
  }
  return next === blob.length;
}

/** A size of 64 bits; -1 for what is none, or is larger than any here. */
function lengthAt(blob, at) {
  if (at + 8 > blob.length || blob.readUInt32LE(at + 4) !== 0) return -1;
  return blob.readUInt32LE(at);
}
