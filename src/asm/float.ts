/**
 * The bytes of a floating-point number as .float and its kin take it, or
 * undefined if the text is none: decimal with an exponent, `0x` hexadecimal,
 * `inf`, `nan`, each after an optional `0f`-style prefix.
 */
export function floatBytes(text: string, size: number): Uint8Array | undefined {
  const digits = /^(?:0[a-zA-Z])?:([0-9a-fA-F_]+)$/.exec(text)?.[1];
  if (digits !== undefined) return exactBytes(digits.replaceAll("_", ""), size);
  const nan = /^(?:0[a-zA-Z])?([-+]?)([qs]?)nan$/i.exec(text);
  if (nan) return nanBytes(nan[1] === "-", nan[2].toLowerCase() === "s", size);
  const bare = text.replace(/^0[fFdDrReE](?=[-+.\dinIN])/, "").replace(/^([-+]?)0[fFdDrReE](?=[.\d])/, "$1");
  const value = parse(bare);
  if (value === undefined) return undefined;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 8) view.setFloat64(0, value, true);
  else if (size === 4) view.setFloat32(0, nearestSingle(bare, value), true);
  else view.setUint16(0, halfBits(value), true);
  return bytes;
}

/** `0f:3f8`: the bits themselves, from the highest. */
function exactBytes(digits: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const all = digits.padEnd(size * 2, "0");
  for (let i = 0; i < size; i++) bytes[size - 1 - i] = Number.parseInt(all.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** GNU as's NaNs: all bits of the fraction are set, but for the first of a signaling one. */
function nanBytes(negative: boolean, signaling: boolean, size: number): Uint8Array {
  const bytes = new Uint8Array(size).fill(0xff);
  if (!negative) bytes[size - 1] = 0x7f;
  if (signaling) {
    if (size === 2) bytes[1] &= ~0x02;
    else bytes[size - 2] &= size === 4 ? ~0x40 : ~0x08;
  }
  return bytes;
}

function parse(text: string): number | undefined {
  const match = /^([-+]?)(.*)$/s.exec(text)!;
  const sign = match[1] === "-" ? -1 : 1;
  const [, , rest] = match;
  if (/^inf(inity)?$/i.test(rest)) return sign * Infinity;
  if (/^nan$/i.test(rest)) return NaN;
  if (/^(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(rest)) return sign * Number(rest);
  return undefined;
}

/**
 * Rounding to double and then to single can be wrong by one when the double
 * lies exactly between two singles; the decimal text then says to which side.
 */
function nearestSingle(text: string, value: number): number {
  const single = Math.fround(value);
  if (!Number.isFinite(value) || single === value || !Number.isFinite(single)) return single;
  const other = neighbour(single, value > single);
  if (Math.abs(value - single) !== Math.abs(other - value)) return single;
  const side = compareDecimal(text, value);
  if (side === 0) return single;
  return side > 0 === other > single ? other : single;
}

function neighbour(single: number, up: boolean): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, single);
  const away = single > 0 === up;
  view.setInt32(0, view.getInt32(0) + (away ? 1 : -1));
  return view.getFloat32(0);
}

/** The sign of text - value, exactly. */
function compareDecimal(text: string, value: number): number {
  const match = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(text);
  if (!match) return 0;
  const [, sign, whole, fraction, exponent] = match;
  let numerator = BigInt(`${whole}${fraction}` || "0") * (sign === "-" ? -1n : 1n);
  let denominator = 1n;
  const scale = Number(exponent ?? 0) - fraction.length;
  if (scale >= 0) numerator *= 10n ** BigInt(scale);
  else denominator *= 10n ** BigInt(-scale);
  // A double is an integer over a power of two.
  let shift = 0;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  const difference = (numerator << BigInt(shift)) - BigInt(scaled) * denominator;
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** IEEE 754 half precision, rounded to nearest even. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -25) return sign;
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14);
  const unit = 2 ** (exponent - 10);
  const scaled = magnitude / unit;
  let fraction = Math.floor(scaled);
  const rest = scaled - fraction;
  if (rest > 0.5 || (rest === 0.5 && fraction % 2 === 1)) fraction++;
  // A fraction of 2048 carries into the exponent by itself.
  return sign | (((exponent + 14) << 10) + fraction);
}
