export interface Scale {
  /** Where a value lies: 0 at the start of the axis, 1 at its end. Values beyond lie on the end. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** Steps of 1, 2 or 5 times a power of ten, at most eight. Ends at the first step at or above `max`. */
export function linear(min: number, max: number): Scale {
  const rough = Math.max(max - min, Number.MIN_VALUE) / 7;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const count = Math.max(1, Math.ceil((max - min) / step - 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, place) => rounded(min + place * step));
  return { at: (value) => clamp((value - min) / (count * step)), ticks };
}

/** Whole decades that hold `min` and `max`; what is not above zero lies at the start. */
export function logarithmic(min: number, max: number): Scale {
  const first = Math.floor(Math.log10(min));
  const last = Math.max(first + 1, Math.ceil(Math.log10(max) - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, place) => rounded(10 ** (first + place)));
  const at = (value: number) => (value > 0 ? clamp((Math.log10(value) - first) / (last - first)) : 0);
  return { at, ticks };
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share));
/** 0.30000000000000004 is no label. */
const rounded = (value: number): number => Number(value.toPrecision(12));
