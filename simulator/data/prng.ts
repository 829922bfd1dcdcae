/** Avalanche of two integers to one of 32 bits: the same on every machine, no floating point in it. */
export function mix(a: number, b: number): number {
  let h = (a ^ Math.imul(b, 0x9e3779b1)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function mixText(seed: number, text: string): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) h = mix(h, text.charCodeAt(i));
  return mix(h, text.length);
}

/** A number in [0, 1) from 32 bits. */
export function unit(bits: number): number {
  return bits / 0x1_0000_0000;
}

/** A sequence of draws in [0, 1) that is the same for the same seed. */
export class Draws {
  #state: number;

  constructor(seed: number, purpose: string) {
    this.#state = mixText(seed, purpose);
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return unit(mix(this.#state, 0x51ed270b));
  }
}
