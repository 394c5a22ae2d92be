/**
 * Numbers that look random and are the same for the same seed (xoshiro128**):
 * what `getrandom` and AT_RANDOM give, so that a run can be repeated.
 */
export class SeededRandom {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    // Spread the seed over the state, as splitmix does; all zeros would stay zeros.
    let z = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      z = (z + 0x9e3779b9) | 0;
      let x = z;
      x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
      x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
      this.#state[i] = (x ^ (x >>> 15)) | 1;
    }
  }

  next(): number {
    const s = this.#state;
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result >>> 0;
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i += 4) {
      const value = this.next();
      for (let k = 0; k < 4 && i + k < bytes.length; k++) bytes[i + k] = value >>> (8 * k);
    }
  }

  /** For snapshots. */
  get state(): readonly number[] {
    return [...this.#state];
  }

  set state(words: readonly number[]) {
    this.#state.set(words);
  }
}
