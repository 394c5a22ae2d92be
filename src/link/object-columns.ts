import { int32Column, uint8Column } from "../binary/index.ts";
import type { LinkModel } from "../model/index.ts";

/** What kernels that go over several objects have to know of each: a row for each object, as they were once all were read. */
export interface ObjectColumns {
  /** Addresses of their bytes and of their lists of symbols, and how many symbols there are. */
  readonly files: Int32Array;
  readonly ids: Int32Array;
  readonly symbols: Int32Array;
  /** 1 for ELF64. */
  readonly are64: Uint8Array;
  /** The rows of their sections. */
  readonly bases: Int32Array;
  readonly sections: Int32Array;
}

const made = new WeakMap<LinkModel, ObjectColumns>();

/** Made when first asked for, after the inputs; again where objects were added since. */
export function objectColumns(model: LinkModel): ObjectColumns {
  const known = made.get(model);
  const { objects } = model;
  if (known?.files.length === objects.length) return known;
  const count = objects.length;
  const files = int32Column(count);
  const ids = int32Column(count);
  const symbols = int32Column(count);
  const are64 = uint8Column(count);
  const bases = int32Column(count);
  const sections = int32Column(count);
  for (let i = 0; i < count; i++) {
    const object = objects[i];
    files[i] = object.address;
    ids[i] = object.idsAddress;
    symbols[i] = object.symbolCount;
    are64[i] = object.is64 ? 1 : 0;
    bases[i] = object.sectionBase;
    sections[i] = object.sectionCount;
  }
  const columns = { files, ids, symbols, are64, bases, sections };
  made.set(model, columns);
  return columns;
}
