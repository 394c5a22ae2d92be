import { PAGE_SIZE, PROT_READ, PROT_WRITE } from "./address-space.ts";
import type { Row } from "./calls.ts";
import { O_ACCMODE, readFrom } from "./descriptors.ts";
import { EACCES, EBADF, EEXIST, EINVAL, ENOMEM } from "./errors.ts";
import type { LinuxProcess } from "./process.ts";

/** System calls on the address space. */

const MAP_SHARED = 1;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_FIXED_NOREPLACE = 0x100000;

const pageUp = (size: number) => Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;

/** `offset` in bytes. */
function mmap(process: LinuxProcess, a: Float64Array, offset: number): number {
  const { space } = process;
  const [hint, size, protection, flags] = a;
  if (!(size > 0)) return -EINVAL;
  if (size > space.limit - space.base) return -ENOMEM;
  const description = (flags & MAP_ANONYMOUS) !== 0 ? undefined : process.descriptors.get(a[4] | 0);
  if ((flags & MAP_ANONYMOUS) === 0) {
    if (!description) return -EBADF;
    if (!description.file) return -EACCES;
    if (offset % PAGE_SIZE !== 0) return -EINVAL;
    if ((flags & MAP_SHARED) !== 0 && (protection & PROT_WRITE) !== 0) {
      if ((description.flags & O_ACCMODE) !== 2) return -EACCES;
      process.note("writing to a file through a shared mapping");
    }
  }
  let start: number | undefined;
  if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0) {
    if (hint % PAGE_SIZE !== 0) return -EINVAL;
    if (hint < space.base || hint + size > space.limit) return -ENOMEM;
    const taken = !space.isFree(hint, size);
    if (taken && (flags & MAP_FIXED) === 0) return -EEXIST;
    start = hint;
  } else start = space.findFree(size);
  if (start === undefined) return -ENOMEM;
  const name = description?.path ?? "";
  if (!space.map(start, size, protection & 7, name)) return -ENOMEM;
  const into = description && process.memory.slice(start, pageUp(size));
  if (description && into) {
    const count = readFrom(description, into.subarray(0, size), offset);
    if (count > 0) process.memory.wrote(start, count);
  }
  return start;
}

const MREMAP_MAYMOVE = 1;

function mremap(process: LinuxProcess, old: number, oldSize: number, newSize: number, flags: number): number {
  const { space } = process;
  if (old % PAGE_SIZE !== 0 || !(newSize > 0) || flags > 1) return -EINVAL;
  const area = space.at(old);
  const from = pageUp(oldSize);
  const to = pageUp(newSize);
  if (!area) return -EINVAL;
  if (to <= from) {
    if (to < from) space.unmap(old + to, from - to);
    return old;
  }
  if (area.end < old + from) return -EINVAL;
  const next = space.areas.find(({ start }) => start >= old + from);
  const free = area.end === old + from && (next === undefined || next.start >= old + to);
  if (free && old + to <= space.limit) {
    space.map(old + from, to - from, area.protection, area.name);
    return old;
  }
  if ((flags & MREMAP_MAYMOVE) === 0) return -ENOMEM;
  const start = space.findFree(to);
  if (start === undefined) return -ENOMEM;
  space.map(start, to, area.protection, area.name);
  const bytes = process.memory.slice(old, from);
  if (bytes) process.memory.write(start, bytes);
  space.unmap(old, from);
  return start;
}

export const memoryCalls: readonly Row[] = [
  [214, 214, "brk", "p", (p, _, a) => p.space.brk(a[0])],
  [215, 215, "munmap", "pu", (p, _, a) => p.space.unmap(a[0], a[1])],
  [216, 216, "mremap", "puux", (p, _, a) => mremap(p, a[0], a[1], a[2], a[3])],
  [222, 0, "mmap", "puxxdx", (p, _, a) => mmap(p, a, a[5])],
  [0, 222, "mmap2", "puxxdx", (p, _, a) => mmap(p, a, a[5] * PAGE_SIZE)],
  [226, 226, "mprotect", "pux", (p, _, a) => (a[1] === 0 ? 0 : p.space.protect(a[0], a[1], a[2] & 7))],
  [227, 227, "msync", "pux", () => 0],
  [228, 228, "mlock", "pu", () => 0],
  [229, 229, "munlock", "pu", () => 0],
  [
    232,
    232,
    "mincore",
    "pup",
    (p, _, a) => {
      const pages = Math.ceil(a[1] / PAGE_SIZE);
      if (!p.space.allows(a[0], a[1], PROT_READ)) return -ENOMEM;
      return p.write(a[2], new Uint8Array(pages).fill(1)) ? 0 : -EINVAL;
    },
  ],
  [233, 233, "madvise", "pud", (p, _, a) => advise(p, a[0], a[1], a[2] | 0)],
];

/** MADV_DONTNEED makes private pages zero again, which allocators rely on. */
function advise(process: LinuxProcess, start: number, size: number, advice: number): number {
  if (start % PAGE_SIZE !== 0) return -EINVAL;
  if (advice !== 4) return 0;
  const end = start + pageUp(size);
  for (const area of process.space.areas) {
    const from = Math.max(area.start, start);
    const to = Math.min(area.end, end);
    if (from < to) process.memory.fill(from, 0, to - from);
  }
  return 0;
}
