import { KnobProblem } from './knob-problem.ts';

/** How one knob is read. `accept` returns the checked value or throws a {@link KnobProblem} ("must be …"). */
export interface Knob<T> {
  readonly fallback: T;
  /** Turns the text of a flag or an environment variable into what JSON would have carried. */
  fromText(text: string): unknown;
  accept(value: unknown): T;
}

/** One of a closed set of words; the first is the default. `400` and `"400"` mean the same. */
export function choice<const V extends readonly [string, ...string[]]>(...values: V): Knob<V[number]> {
  return {
    fallback: values[0],
    fromText: (text) => text,
    accept(value) {
      const found = values.find((one) => one === (typeof value === 'number' ? String(value) : value));
      if (found === undefined) throw new KnobProblem(`must be one of ${values.join(', ')}`);
      return found;
    },
  };
}

/** One of a closed set of numbers. */
export function numberChoice<const V extends readonly [number, ...number[]]>(
  fallback: V[number],
  ...values: V
): Knob<V[number]> {
  return {
    fallback,
    fromText: numberFromText,
    accept(value) {
      const found = values.find((one) => one === value);
      if (found === undefined) throw new KnobProblem(`must be one of ${values.join(', ')}`);
      return found;
    },
  };
}

export function flag(fallback: boolean): Knob<boolean> {
  return {
    fallback,
    fromText: (text) => (text === 'true' ? true : text === 'false' ? false : text),
    accept(value) {
      if (typeof value !== 'boolean') throw new KnobProblem('must be true or false');
      return value;
    },
  };
}

export function integer(fallback: number, min: number, max: number): Knob<number> {
  return {
    fallback,
    fromText: numberFromText,
    accept(value) {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
        throw new KnobProblem(`must be a whole number from ${min} to ${max}`);
      }
      return value;
    },
  };
}

export function decimal(fallback: number, min: number, max: number): Knob<number> {
  return {
    fallback,
    fromText: numberFromText,
    accept(value) {
      if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
        throw new KnobProblem(`must be a number from ${min} to ${max}`);
      }
      return value;
    },
  };
}

export function probability(fallback: number): Knob<number> {
  return decimal(fallback, 0, 1);
}

/** `null`, or the word `unset` in text, leaves the knob without a value. */
export function optional<T>(kind: Knob<T>): Knob<T | null> {
  return {
    fallback: null,
    fromText: (text) => (text === 'unset' || text === 'null' ? null : kind.fromText(text)),
    accept: (value) => (value === null ? null : kind.accept(value)),
  };
}

/** A structured value: JSON in a flag or variable, checked by `accept`. */
export function json<T>(fallback: T, accept: (value: unknown) => T): Knob<T> {
  return {
    fallback,
    fromText(text) {
      try {
        return JSON.parse(text);
      } catch {
        throw new KnobProblem('must be JSON');
      }
    },
    accept,
  };
}

/** Printable ASCII that can be written into a response header. */
export function headerText(): Knob<string> {
  return {
    fallback: '',
    fromText: (text) => text,
    accept(value) {
      if (typeof value !== 'string' || !/^[\x20-\x7e]+$/.test(value)) {
        throw new KnobProblem('must be the text of a header');
      }
      return value;
    },
  };
}

function numberFromText(text: string): unknown {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
