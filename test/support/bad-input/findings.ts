import type { Attempt } from './attempt.ts';

const MOST_SHOWN = 3;
const LONGEST = 1500;

/** What came out otherwise than it must, with the bytes that caused it. */
export class Findings {
  readonly #examples = new Map<string, string[]>();
  readonly #counts = new Map<string, number>();

  get count(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  add(what: string, seen: string, attempt?: Attempt): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    const examples = this.#examples.get(what) ?? [];
    this.#examples.set(what, examples);
    if (examples.length >= MOST_SHOWN) return;
    const sent =
      attempt === undefined ? '' : `\n    sent (${attempt.kind}) ${shown(attempt.bytes.toString('latin1'))}`;
    examples.push(`${sent}\n    seen ${shown(seen)}`);
  }

  lines(): string[] {
    return [...this.#examples].map(
      ([what, examples]) => `${this.#counts.get(what)} × ${what}${examples.join('')}`,
    );
  }
}

/** Escaped; keys are left out. */
const shown = (text: string): string => JSON.stringify(text.slice(0, LONGEST).replace(/agw_\w+/g, 'agw_…'));
