import { normalise, roundPackF64, shifted, shiftRightJam } from "./round.ts";
import {
  asDouble,
  asHalves,
  DZ,
  double,
  FLAGS,
  HIGH,
  invalid64,
  isNaN64,
  isSignalling64,
  LOW,
  NAN_F64_HIGH,
  NV,
  NX,
  out,
  propagate64,
  RDN,
  RNE,
  setF64,
} from "./state.ts";

/**
 * f64 arithmetic. Each operation has two ways.
 *
 * To nearest even, with operands and result well inside the range, the host's
 * operation gives the right bits, and only the inexact flag is open. The error
 * of a sum, and of a product, is itself a double, which a handful of further
 * operations compute exactly (Knuth's two-sum, Dekker's product): the result is
 * exact when that error is 0. A quotient or root is exact when multiplying back
 * gives the operand without error.
 *
 * Everything else (the other modes, subnormals, infinities, NaNs) is done on
 * significands in two words, and rounded by `roundPackF64`.
 */

const SPLITTER = 134217729; // 2^27 + 1
const TINY = 2 ** -900;
const HUGE = 2 ** 980;

/** The rounding error of `a * b`, whose rounded product is `product`; exact within the range TINY to HUGE. */
function productError(a: number, b: number, product: number): number {
  const aBig = SPLITTER * a;
  const aHigh = aBig - (aBig - a);
  const aLow = a - aHigh;
  const bBig = SPLITTER * b;
  const bHigh = bBig - (bBig - b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** |value| is where products and their errors are exact. */
function isMiddling(value: number): boolean {
  const size = Math.abs(value);
  return size > TINY && size < HUGE;
}

function store(value: number): void {
  asDouble[0] = value;
  out[LOW] = asHalves[0];
  out[HIGH] = asHalves[1];
}

/** A significand, unpacked: exponent (0 if the number is 0), then the two words with the top bit set. */
let exponentOf = 0;

/** Unpacks a finite number's magnitude into `shifted` and `exponentOf`; false if it is 0. */
function unpack(low: number, high: number): boolean {
  const exponent = (high >>> 20) & 0x7ff;
  const top = high & 0xfffff;
  if (exponent !== 0) {
    shifted[0] = -0x80000000 | (top << 11) | (low >>> 21);
    shifted[1] = low << 11;
    exponentOf = exponent;
    return true;
  }
  if ((top | low) === 0) {
    shifted[0] = 0;
    shifted[1] = 0;
    exponentOf = 0;
    return false;
  }
  // A subnormal's last place is 2^-1074: bit 0 of `top:low`, exponent 1 if the number's top bit were bit 52.
  exponentOf = 12 - normalise(top, low);
  return true;
}

export function f64Add(aLow: number, aHigh: number, bLow: number, bHigh: number, mode: number): void {
  if (mode === RNE) {
    const a = double(aLow, aHigh);
    const b = double(bLow, bHigh);
    const sum = a + b;
    // A sum that is subnormal is exact, so only the upper end is special.
    if (sum < 1e307 && sum > -1e307 && a < 1e307 && a > -1e307) {
      const part = sum - a;
      if (a - (sum - part) + (b - part) !== 0) out[FLAGS] |= NX;
      store(sum);
      return;
    }
  }
  addMagnitudes(aLow, aHigh, bLow, bHigh, mode);
}

export function f64Sub(aLow: number, aHigh: number, bLow: number, bHigh: number, mode: number): void {
  if (isNaN64(bLow, bHigh)) propagate64(aLow, aHigh, bLow, bHigh);
  else f64Add(aLow, aHigh, bLow, bHigh ^ -0x80000000, mode);
}

function addMagnitudes(aLow: number, aHigh: number, bLow: number, bHigh: number, mode: number): void {
  if (isNaN64(aLow, aHigh) || isNaN64(bLow, bHigh)) {
    propagate64(aLow, aHigh, bLow, bHigh);
    return;
  }
  const aSign = aHigh >>> 31;
  const bSign = bHigh >>> 31;
  if ((aHigh & 0x7ff00000) === 0x7ff00000) {
    if ((bHigh & 0x7ff00000) === 0x7ff00000 && aSign !== bSign) invalid64();
    else setF64(aLow, aHigh);
    return;
  }
  if ((bHigh & 0x7ff00000) === 0x7ff00000) {
    setF64(bLow, bHigh);
    return;
  }
  const aAny = unpack(aLow, aHigh);
  let e = exponentOf;
  // One bit of room at the top, so that a sum cannot overflow.
  let high = shifted[0] >>> 1;
  let low = (shifted[1] >>> 1) | (shifted[0] << 31);
  const bAny = unpack(bLow, bHigh);
  const eb = exponentOf;
  let high2 = shifted[0] >>> 1;
  let low2 = (shifted[1] >>> 1) | (shifted[0] << 31);
  if (!aAny || !bAny) {
    if (aAny) setF64(aLow, aHigh);
    else if (bAny) setF64(bLow, bHigh);
    else setF64(0, (aSign === bSign ? aSign : mode === RDN ? 1 : 0) << 31);
    return;
  }
  if (e >= eb) {
    shiftRightJam(high2, low2, e - eb);
    high2 = shifted[0];
    low2 = shifted[1];
  } else {
    shiftRightJam(high, low, eb - e);
    high = shifted[0];
    low = shifted[1];
    e = eb;
  }
  let sign = aSign;
  if (aSign === bSign) {
    const sum = (low >>> 0) + (low2 >>> 0);
    high = (high + high2 + (sum > 0xffffffff ? 1 : 0)) | 0;
    low = sum | 0;
  } else {
    if (high < high2 || (high === high2 && low >>> 0 < low2 >>> 0)) {
      sign = bSign;
      const h = high;
      const l = low;
      high = high2;
      low = low2;
      high2 = h;
      low2 = l;
    }
    high = (high - high2 - (low >>> 0 < low2 >>> 0 ? 1 : 0)) | 0;
    low = (low - low2) | 0;
    if ((high | low) === 0) {
      setF64(0, (mode === RDN ? 1 : 0) << 31);
      return;
    }
  }
  const count = normalise(high, low);
  roundPackF64(sign, e + 1 - count, shifted[0], shifted[1], mode);
}

/** The 128 bits of a product, most significant word first. */
const product = new Int32Array(4);

function multiplyWords(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  // Four partial products of 32 × 32 bits, each from 16-bit pieces.
  const lowTop = highOfProduct(aLow, bLow);
  const cross1Low = Math.imul(aHigh, bLow) >>> 0;
  const cross2Low = Math.imul(aLow, bHigh) >>> 0;
  const second = lowTop + cross1Low + cross2Low;
  const carry = Math.floor(second / 0x100000000);
  const third =
    highOfProduct(aHigh, bLow) + highOfProduct(aLow, bHigh) + (Math.imul(aHigh, bHigh) >>> 0) + carry;
  product[3] = Math.imul(aLow, bLow);
  product[2] = second | 0;
  product[1] = third | 0;
  product[0] = (highOfProduct(aHigh, bHigh) + Math.floor(third / 0x100000000)) | 0;
}

/** The upper 32 bits of the product of two unsigned words. */
function highOfProduct(a: number, b: number): number {
  const aTop = a >>> 16;
  const aRest = a & 0xffff;
  const bTop = b >>> 16;
  const bRest = b & 0xffff;
  const middle = aTop * bRest + ((aRest * bRest) >>> 16);
  const other = aRest * bTop + (middle & 0xffff);
  return aTop * bTop + Math.floor(middle / 65536) + Math.floor(other / 65536);
}

export function f64Mul(aLow: number, aHigh: number, bLow: number, bHigh: number, mode: number): void {
  if (mode === RNE) {
    const a = double(aLow, aHigh);
    const b = double(bLow, bHigh);
    const value = a * b;
    if (isMiddling(value) && isMiddling(a) && isMiddling(b)) {
      if (productError(a, b, value) !== 0) out[FLAGS] |= NX;
      store(value);
      return;
    }
  }
  if (isNaN64(aLow, aHigh) || isNaN64(bLow, bHigh)) {
    propagate64(aLow, aHigh, bLow, bHigh);
    return;
  }
  const sign = (aHigh ^ bHigh) >>> 31;
  const aInfinite = (aHigh & 0x7ff00000) === 0x7ff00000;
  const bInfinite = (bHigh & 0x7ff00000) === 0x7ff00000;
  const aAny = unpack(aLow, aHigh);
  const aTop = shifted[0];
  const aRest = shifted[1];
  const ea = exponentOf;
  const bAny = unpack(bLow, bHigh);
  if (aInfinite || bInfinite) {
    if (aAny && bAny) setF64(0, (sign << 31) | 0x7ff00000);
    else invalid64();
    return;
  }
  if (!aAny || !bAny) {
    setF64(0, sign << 31);
    return;
  }
  let e = ea + exponentOf - 1022;
  multiplyWords(aTop, aRest, shifted[0], shifted[1]);
  let high = product[0];
  let low = product[1];
  let rest = product[2] | product[3];
  if (high >= 0) {
    high = (high << 1) | (low >>> 31);
    low = (low << 1) | (product[2] >>> 31);
    rest = (product[2] << 1) | product[3];
    e--;
  }
  roundPackF64(sign, e, high, low | (rest !== 0 ? 1 : 0), mode);
}

export function f64Div(aLow: number, aHigh: number, bLow: number, bHigh: number, mode: number): void {
  if (mode === RNE) {
    const a = double(aLow, aHigh);
    const b = double(bLow, bHigh);
    const quotient = a / b;
    if (isMiddling(quotient) && isMiddling(a) && isMiddling(b)) {
      const back = quotient * b;
      if (back !== a || productError(quotient, b, back) !== 0) out[FLAGS] |= NX;
      store(quotient);
      return;
    }
  }
  if (isNaN64(aLow, aHigh) || isNaN64(bLow, bHigh)) {
    propagate64(aLow, aHigh, bLow, bHigh);
    return;
  }
  const sign = (aHigh ^ bHigh) >>> 31;
  const aInfinite = (aHigh & 0x7ff00000) === 0x7ff00000;
  const bInfinite = (bHigh & 0x7ff00000) === 0x7ff00000;
  if (aInfinite) {
    if (bInfinite) invalid64();
    else setF64(0, (sign << 31) | 0x7ff00000);
    return;
  }
  if (bInfinite) {
    setF64(0, sign << 31);
    return;
  }
  const aAny = unpack(aLow, aHigh);
  // As numbers of 53 bits.
  let high = shifted[0] >>> 11;
  let low = (shifted[1] >>> 11) | (shifted[0] << 21);
  const ea = exponentOf;
  const bAny = unpack(bLow, bHigh);
  const dHigh = shifted[0] >>> 11;
  const dLow = ((shifted[1] >>> 11) | (shifted[0] << 21)) >>> 0;
  if (!bAny) {
    if (!aAny) invalid64();
    else {
      out[FLAGS] |= DZ;
      setF64(0, (sign << 31) | 0x7ff00000);
    }
    return;
  }
  if (!aAny) {
    setF64(0, sign << 31);
    return;
  }
  let e = ea - exponentOf + 1023;
  if (high < dHigh || (high === dHigh && low >>> 0 < dLow)) {
    high = (high << 1) | (low >>> 31);
    low <<= 1;
    e--;
  }
  let qHigh = 0;
  let qLow = 0;
  for (let i = 0; i < 56; i++) {
    qHigh = (qHigh << 1) | (qLow >>> 31);
    qLow <<= 1;
    if (high > dHigh || (high === dHigh && low >>> 0 >= dLow)) {
      high = high - dHigh - (low >>> 0 < dLow ? 1 : 0);
      low = (low - dLow) | 0;
      qLow |= 1;
    }
    high = (high << 1) | (low >>> 31);
    low <<= 1;
  }
  const sticky = (high | low) !== 0 ? 1 : 0;
  roundPackF64(sign, e, (qHigh << 8) | (qLow >>> 24), (qLow << 8) | sticky, mode);
}

export function f64Sqrt(aLow: number, aHigh: number, mode: number): void {
  if (mode === RNE) {
    const a = double(aLow, aHigh);
    if (a > TINY && a < HUGE) {
      const root = Math.sqrt(a);
      const back = root * root;
      if (back !== a || productError(root, root, back) !== 0) out[FLAGS] |= NX;
      store(root);
      return;
    }
  }
  if (isNaN64(aLow, aHigh)) {
    propagate64(aLow, aHigh, aLow, aHigh);
    return;
  }
  if ((aHigh & 0x7fffffff) === 0 && aLow === 0) {
    setF64(aLow, aHigh);
    return;
  }
  if (aHigh < 0) {
    invalid64();
    return;
  }
  if (aHigh === 0x7ff00000) {
    setF64(aLow, aHigh);
    return;
  }
  unpack(aLow, aHigh);
  // The radicand as 1.xxx or 1x.xxx, so that the exponent is even; two bits enter at each step.
  const odd = (exponentOf & 1) === 0;
  let high = odd ? shifted[0] : shifted[0] >>> 1;
  let low = odd ? shifted[1] : (shifted[1] >>> 1) | (shifted[0] << 31);
  const e = (odd ? exponentOf - 1024 : exponentOf - 1023) / 2 + 1023;
  let restHigh = 0;
  let restLow = 0;
  let rootHigh = 0;
  let rootLow = 0;
  for (let i = 0; i < 56; i++) {
    restHigh = (restHigh << 2) | (restLow >>> 30);
    restLow = (restLow << 2) | (high >>> 30);
    high = (high << 2) | (low >>> 30);
    low <<= 2;
    // Try the root with a further 1: what must be taken from the rest is 4·root + 1.
    const tryHigh = (rootHigh << 2) | (rootLow >>> 30);
    const tryLow = (rootLow << 2) | 1;
    rootHigh = (rootHigh << 1) | (rootLow >>> 31);
    rootLow <<= 1;
    if (restHigh > tryHigh || (restHigh === tryHigh && restLow >>> 0 >= tryLow >>> 0)) {
      restHigh = restHigh - tryHigh - (restLow >>> 0 < tryLow >>> 0 ? 1 : 0);
      restLow = (restLow - tryLow) | 0;
      rootLow |= 1;
    }
  }
  const sticky = (restHigh | restLow) !== 0 ? 1 : 0;
  roundPackF64(0, e, (rootHigh << 8) | (rootLow >>> 24), (rootLow << 8) | sticky, mode);
}

/** a × b + c with one rounding. */
export function f64MulAdd(
  aLow: number,
  aHigh: number,
  bLow: number,
  bHigh: number,
  cLow: number,
  cHigh: number,
  mode: number,
): void {
  if (mode === RNE && mulAddOfMiddling(double(aLow, aHigh), double(bLow, bHigh), double(cLow, cHigh))) return;
  const sign = (aHigh ^ bHigh) >>> 31;
  const cSign = cHigh >>> 31;
  const aInfinite = (aHigh & 0x7fffffff) === 0x7ff00000 && aLow === 0;
  const bInfinite = (bHigh & 0x7fffffff) === 0x7ff00000 && bLow === 0;
  const aZero = (aHigh & 0x7fffffff) === 0 && aLow === 0;
  const bZero = (bHigh & 0x7fffffff) === 0 && bLow === 0;
  const isInvalid = (aInfinite && bZero) || (aZero && bInfinite);
  if (isNaN64(aLow, aHigh) || isNaN64(bLow, bHigh) || isNaN64(cLow, cHigh)) {
    // Infinity times 0 is invalid even if the addend is a quiet NaN.
    if (isInvalid || isSignalling64(cLow, cHigh)) out[FLAGS] |= NV;
    if (isSignalling64(aLow, aHigh) || isSignalling64(bLow, bHigh)) out[FLAGS] |= NV;
    setF64(0, NAN_F64_HIGH);
    return;
  }
  const cInfinite = (cHigh & 0x7ff00000) === 0x7ff00000;
  if (isInvalid || ((aInfinite || bInfinite) && cInfinite && sign !== cSign)) {
    invalid64();
    return;
  }
  if (aInfinite || bInfinite) {
    setF64(0, (sign << 31) | 0x7ff00000);
    return;
  }
  if (cInfinite) {
    setF64(cLow, cHigh);
    return;
  }
  if (aZero || bZero) {
    if (((cHigh & 0x7fffffff) | cLow) !== 0) setF64(cLow, cHigh);
    else setF64(0, (sign === cSign ? sign : mode === RDN ? 1 : 0) << 31);
    return;
  }
  unpack(aLow, aHigh);
  const aTop = shifted[0];
  const aRest = shifted[1];
  let e = exponentOf;
  unpack(bLow, bHigh);
  e += exponentOf - 1022;
  multiplyWords(aTop, aRest, shifted[0], shifted[1]);
  if (product[0] >= 0) {
    shiftLeft128(product, 1);
    e--;
  }
  // One bit of room at the top of both; nothing is lost, the product has 106 bits.
  shiftRightJam128(product, 1);
  if (!unpack(cLow, cHigh)) {
    roundProduct(sign, e, mode);
    return;
  }
  addend[0] = shifted[0] >>> 1;
  addend[1] = (shifted[1] >>> 1) | (shifted[0] << 31);
  addend[2] = shifted[1] << 31;
  addend[3] = 0;
  const ec = exponentOf;
  if (e >= ec) shiftRightJam128(addend, e - ec);
  else {
    shiftRightJam128(product, ec - e);
    e = ec;
  }
  let resultSign = sign;
  if (sign === cSign) add128(product, addend);
  else {
    if (isLess128(product, addend)) {
      resultSign = cSign;
      subtract128(addend, product);
      product.set(addend);
    } else subtract128(product, addend);
    if ((product[0] | product[1] | product[2] | product[3]) === 0) {
      setF64(0, (mode === RDN ? 1 : 0) << 31);
      return;
    }
  }
  roundProduct(resultSign, e, mode);
}

const addend = new Int32Array(4);

/** Rounds `product`, whose bit 126 has the weight of `e`. */
function roundProduct(sign: number, e: number, mode: number): void {
  let count = 0;
  while (product[0] === 0) {
    shiftLeft128(product, 32);
    count += 32;
  }
  const rest = Math.clz32(product[0]);
  shiftLeft128(product, rest);
  const sticky = (product[2] | product[3]) !== 0 ? 1 : 0;
  roundPackF64(sign, e + 1 - count - rest, product[0], product[1] | sticky, mode);
}

/** By 0 to 32 bits. */
function shiftLeft128(words: Int32Array, count: number): void {
  if (count === 32) {
    words[0] = words[1];
    words[1] = words[2];
    words[2] = words[3];
    words[3] = 0;
  } else if (count !== 0) {
    words[0] = (words[0] << count) | (words[1] >>> (32 - count));
    words[1] = (words[1] << count) | (words[2] >>> (32 - count));
    words[2] = (words[2] << count) | (words[3] >>> (32 - count));
    words[3] <<= count;
  }
}

function shiftRightJam128(words: Int32Array, count: number): void {
  let lost = 0;
  if (count > 128) count = 128;
  while (count >= 32) {
    lost |= words[3];
    words[3] = words[2];
    words[2] = words[1];
    words[1] = words[0];
    words[0] = 0;
    count -= 32;
  }
  if (count !== 0) {
    lost |= words[3] << (32 - count);
    words[3] = (words[3] >>> count) | (words[2] << (32 - count));
    words[2] = (words[2] >>> count) | (words[1] << (32 - count));
    words[1] = (words[1] >>> count) | (words[0] << (32 - count));
    words[0] = words[0] >>> count;
  }
  if (lost !== 0) words[3] |= 1;
}

function add128(a: Int32Array, b: Int32Array): void {
  let carry = 0;
  for (let i = 3; i >= 0; i--) {
    const sum = (a[i] >>> 0) + (b[i] >>> 0) + carry;
    a[i] = sum | 0;
    carry = sum > 0xffffffff ? 1 : 0;
  }
}

function subtract128(a: Int32Array, b: Int32Array): void {
  let borrow = 0;
  for (let i = 3; i >= 0; i--) {
    const difference = (a[i] >>> 0) - (b[i] >>> 0) - borrow;
    a[i] = difference | 0;
    borrow = difference < 0 ? 1 : 0;
  }
}

function isLess128(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < 4; i++) if (a[i] !== b[i]) return a[i] >>> 0 < b[i] >>> 0;
  return false;
}

/**
 * The fused operation in doubles (Boldo and Melquiond, "Emulation of FMA and
 * correctly rounded sums"): product and sum are each split into a rounded value
 * and its error; the errors are added with rounding to odd, so that the last
 * addition rounds as if it saw everything. False if a value is out of the range
 * where the splitting is exact.
 */
function mulAddOfMiddling(a: number, b: number, c: number): boolean {
  const high = a * b;
  if (!isMiddling(high) || !isMiddling(a) || !isMiddling(b) || !isMiddling(c)) return false;
  const low = productError(a, b, high);
  let rounded = c + low;
  let part = rounded - c;
  const error1 = c - (rounded - part) + (low - part);
  const sum = high + rounded;
  part = sum - high;
  const error2 = high - (sum - part) + (rounded - part);
  rounded = error1 + error2;
  part = rounded - error1;
  const lost = error1 - (rounded - part) + (error2 - part);
  if (lost !== 0) {
    asDouble[0] = rounded;
    if ((asHalves[0] & 1) === 0) {
      // To odd: the neighbour on the side of what was lost.
      if (lost > 0 === rounded > 0) {
        asHalves[0] |= 1;
      } else {
        if (asHalves[0] === 0) asHalves[1]--;
        asHalves[0]--;
      }
    }
    rounded = asDouble[0];
  }
  const value = sum + rounded;
  if (!isMiddling(value)) return false;
  part = value - sum;
  if (lost !== 0 || sum - (value - part) + (rounded - part) !== 0) out[FLAGS] |= NX;
  store(value);
  return true;
}
