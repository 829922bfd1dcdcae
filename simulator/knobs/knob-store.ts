import type { FaultRule } from '../faults/fault-rule.ts';
import { KnobProblem } from './knob-problem.ts';
import { isKnobName, type KnobName, type KnobValues, knobNames, knobTable } from './knob-table.ts';

type Listener = (changed: ReadonlySet<KnobName>) => unknown;

/**
 * The values of all knobs. `values` is replaced as a whole at each change, so one request that keeps the
 * reference sees one consistent set.
 */
export class KnobStore {
  readonly #start: KnobValues;
  readonly #listeners: Listener[] = [];
  values: KnobValues;

  constructor(start: KnobValues) {
    this.#start = start;
    this.values = start;
  }

  /** Called after each change, in the order of registration; a promise it returns is waited for. */
  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Changes several knobs or none; rejects with {@link KnobProblem} when one of them is refused. */
  async patch(changes: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#replace({ ...this.values, ...checkKnobs(changes) });
  }

  /** Appends without touching the rules already there, whose counters continue. */
  async appendFaults(rules: readonly FaultRule[]): Promise<void> {
    await this.#replace({ ...this.values, faults: [...this.values.faults, ...rules] });
  }

  /** Back to the values of the start. */
  async restore(): Promise<void> {
    await this.#replace(this.#start);
  }

  async #replace(next: KnobValues): Promise<void> {
    const before = this.values;
    const changed = new Set(knobNames.filter((name) => before[name] !== next[name]));
    this.values = next;
    await Promise.all(this.#listeners.map((listener) => listener(changed)));
  }
}

export function defaultKnobs(): KnobValues {
  return Object.fromEntries(knobNames.map((name) => [name, knobTable[name].fallback])) as KnobValues;
}

/** Checks names and values; throws {@link KnobProblem} naming the first one that is wrong. */
export function checkKnobs(changes: Readonly<Record<string, unknown>>): Partial<KnobValues> {
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(changes)) {
    checked[name] = named(name, () => knobTable[requireKnob(name)].accept(value));
  }
  return checked;
}

/** The same for the text of a flag or an environment variable. */
export function checkKnobText(name: string, text: string): Partial<KnobValues> {
  const value = named(name, () => knobTable[requireKnob(name)].fromText(text));
  return checkKnobs({ [name]: value });
}

function requireKnob(name: string): KnobName {
  if (isKnobName(name)) return name;
  const group = `${name.split('.')[0]}.`;
  const siblings = knobNames.filter((known) => known.startsWith(group));
  const hint = siblings.length > 0 ? `known are ${siblings.join(', ')}` : 'GET /knobs lists them all';
  throw new KnobProblem(`is not a knob; ${hint}`);
}

function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (problem) {
    if (!(problem instanceof KnobProblem)) throw problem;
    throw new KnobProblem(`${JSON.stringify(name)} ${problem.message}`);
  }
}
