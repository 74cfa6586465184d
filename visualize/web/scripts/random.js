// Python's random.Random(seed), number by number: the Mersenne Twister of Matsumoto and Nishimura (1998).

const WORDS = 624, AHEAD = 397, UPPER = 0x80000000, STEEP = (4 * Math.exp(-0.5)) / Math.SQRT2;

export class Random {
  constructor(seed) {
    const size = Math.abs(seed), key = size < 2 ** 32 ? [size] : [size >>> 0, Math.floor(size / 2 ** 32)], words = new Uint32Array(WORDS);
    const mix = (i, by) => words[i] ^ Math.imul(words[i - 1] ^ (words[i - 1] >>> 30), by);
    words[0] = 19650218;
    for (let i = 1; i < WORDS; i++) words[i] = Math.imul(words[i - 1] ^ (words[i - 1] >>> 30), 1812433253) + i;
    let i = 1;
    const on = () => {
      if (++i < WORDS) return;
      words[0] = words[WORDS - 1];
      i = 1;
    };
    for (let k = 0; k < WORDS; k++, on()) words[i] = mix(i, 1664525) + key[k % key.length] + (k % key.length);
    for (let k = 1; k < WORDS; k++, on()) words[i] = mix(i, 1566083941) - i;
    words[0] = UPPER;
    Object.assign(this, { words, at: WORDS, spare: null });
  }

  /** 32 random bits. */
  next() {
    const { words } = this;
    if (this.at === WORDS) {
      for (let i = 0; i < WORDS; i++) {
        const y = (words[i] & UPPER) | (words[(i + 1) % WORDS] & ~UPPER);
        words[i] = words[(i + AHEAD) % WORDS] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.at = 0;
    }
    let y = words[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  random() {
    return ((this.next() >>> 5) * 2 ** 26 + (this.next() >>> 6)) / 2 ** 53;
  }

  uniform(low, high) {
    return low + (high - low) * this.random();
  }

  gauss(mean, deviation) {
    let z = this.spare;
    this.spare = null;
    if (z === null) {
      const angle = this.random() * 2 * Math.PI, length = Math.sqrt(-2 * Math.log(1 - this.random()));
      z = Math.cos(angle) * length;
      this.spare = Math.sin(angle) * length;
    }
    return mean + z * deviation;
  }

  normalvariate(mean, deviation) {
    for (;;) {
      const u = this.random(), v = 1 - this.random(), z = (STEEP * (u - 0.5)) / v;
      if ((z * z) / 4 <= -Math.log(v)) return mean + z * deviation;
    }
  }

  /** A random integer from 0 to size - 1. */
  below(size) {
    for (;;) {
      const found = this.next() >>> Math.clz32(size);
      if (found < size) return found;
    }
  }

  shuffle(items) {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
  }
}
