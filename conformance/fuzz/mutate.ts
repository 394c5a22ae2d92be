/** Numbers from a seed, so that a failure can be had again (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }
}

/** Values at which sizes, counts and offsets go wrong. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 63, 64, 255, 0xff00, 0xfff1, 0xfff2, 0xffff, 0x10000, 0x7fffffff];
const WIDE_EDGES = [...EDGES, 0x80000000, 0xfffffff0, 0xfffffffe, 0xffffffff];

/** A copy of a file with a few of its bytes, fields or ends changed. */
export function mutateBytes(random: Random, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let result = bytes.slice();
  for (let i = 1 + random.below(3); i > 0 && result.length; i--) {
    const at = random.below(result.length);
    const view = new DataView(result.buffer, result.byteOffset, result.length);
    switch (random.below(9)) {
      case 0:
        result[at] ^= 1 << random.below(8);
        break;
      case 1:
        result[at] = random.pick(EDGES);
        break;
      case 2:
        if (at + 2 <= result.length) view.setUint16(at & ~1, random.pick(EDGES), true);
        break;
      case 3:
        if ((at & ~3) + 4 <= result.length) view.setUint32(at & ~3, random.pick(WIDE_EDGES), true);
        break;
      case 4:
        if ((at & ~7) + 8 <= result.length)
          view.setBigUint64(
            at & ~7,
            BigInt.asUintN(64, BigInt(random.pick(WIDE_EDGES)) - BigInt(random.below(3))),
            true,
          );
        break;
      case 5: // headers are where most is decided
        result[random.below(Math.min(64, result.length))] = random.below(256);
        break;
      case 6: // and the section header table, at the end of most objects
        result[result.length - 1 - random.below(Math.min(1024, result.length))] = random.pick(EDGES);
        break;
      case 7:
        if (random.below(4) === 0) result = result.slice(0, at);
        break;
      default: {
        const other = random.pick(others);
        const from = random.below(other.length);
        result.set(
          other.subarray(
            from,
            Math.min(other.length, from + 1 + random.below(64), from + result.length - at),
          ),
          at,
        );
      }
    }
  }
  return result;
}

const TOKENS =
  /\s+|[A-Za-z_.$][\w.$*?[\]-]*|0x[0-9a-fA-F]+|\d+[KM]?|"[^"]*"|\/\*[\s\S]*?\*\/|<<=|>>=|[-+*/&|=!<>]=|<<|>>|&&|\|\||[\s\S]/g;
const WORDS = (
  "SECTIONS MEMORY PHDRS { } ( ) ; : , = += . * ? > >AT AT> AT( ALIGN( SUBALIGN( KEEP( SORT( SORT_BY_ALIGNMENT( EXCLUDE_FILE( " +
  "PROVIDE( PROVIDE_HIDDEN( ASSERT( ORIGIN( LENGTH( SIZEOF( ADDR( LOADADDR( INSERT AFTER BEFORE OVERLAY NOCROSSREFS BYTE( QUAD( " +
  "FILL( /DISCARD/ INPUT( GROUP( VERSION ENTRY( DEFINED( ABSOLUTE( DATA_SEGMENT_ALIGN( ONLY_IF_RO NOLOAD CONSTANT( REGION_ALIAS( " +
  '- ~ ! << >> / % ?: 0 1 -1 0xffffffffffffffff 0x8000000000000000 4K 99999999999999999999 " /* */ COMMON .text *(.text) .=.+1;'
).split(" ");

/** A copy of a script with tokens dropped, doubled, moved, replaced or brought in from others. */
export function mutateText(random: Random, text: string, others: readonly string[]): string {
  const tokens = text.match(TOKENS) ?? [];
  for (let i = 1 + random.below(3); i > 0 && tokens.length; i--) {
    const at = random.below(tokens.length);
    switch (random.below(8)) {
      case 0:
        tokens.splice(at, 1 + random.below(3));
        break;
      case 1:
        tokens.splice(at, 0, tokens[at], random.pick(WORDS));
        break;
      case 2:
        tokens[at] = random.pick(WORDS);
        break;
      case 3: {
        const other = random.below(tokens.length);
        [tokens[at], tokens[other]] = [tokens[other], tokens[at]];
        break;
      }
      case 4: {
        const from = random.pick(others).match(TOKENS) ?? [];
        if (from.length)
          tokens.splice(at, 0, ...from.slice(random.below(from.length)).slice(0, 1 + random.below(12)));
        break;
      }
      case 5:
        tokens[at] =
          tokens[at].slice(0, random.below(tokens[at].length + 1)) + String.fromCharCode(random.below(256));
        break;
      case 6:
        if (random.below(4) === 0) tokens.length = at;
        break;
      default:
        tokens.splice(
          at,
          0,
          ...Array<string>(1 + random.below(40)).fill(random.pick(["(", "{", "-", "~", "1+("])),
        );
    }
  }
  return tokens.join("");
}
