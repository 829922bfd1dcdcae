import { membersOf } from './json-pieces.ts';
import { INDEXES, type Policy, type Shown } from './policies.ts';
import { maskKeyOf, shownText } from './shown-text.ts';
import type { Page, Result, Truth } from './truth.ts';

/** What one team has to be answered. */
export class Expected {
  readonly policy: Policy;
  /** By index and id. */
  readonly #profiles: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly #rests = new Map<number, Buffer>();

  constructor(policy: Policy, truth: Truth, maskKey: Buffer) {
    this.policy = policy;
    const key = maskKeyOf(maskKey, policy.name);
    this.#profiles = new Map(
      INDEXES.map((index) => {
        const shown: Shown = policy.shown[index] ?? { allow: [], mask: {} };
        const texts = [...truth.profiles[index]].map(
          ([id, text]) => [id, shownText(text, shown, key)] as const,
        );
        return [index, new Map(texts)];
      }),
    );
  }

  /** As it is shown to the team. */
  profile(index: string, id: string): string | undefined {
    return this.#profiles.get(index)?.get(id);
  }

  /** A page from `"data"` on; a profile from its first member on. */
  rest(page: Page): Buffer {
    let rest = this.#rests.get(page.number);
    if (rest === undefined) {
      rest = Buffer.from(this.#restOf(page));
      this.#rests.set(page.number, rest);
    }
    return rest;
  }

  #restOf({ index, isProfile, ids, body }: Page): string {
    if (this.policy.shown[index] === '*') return body.slice(1);
    const profiles = ids.map((id) => this.profile(index, id));
    return isProfile ? (profiles[0] ?? '').slice(1) : `"data":[${profiles.join(',')}]}`;
  }

  ndjson({ index, ids }: Result): string {
    return ids.map((id) => `${this.profile(index, id)}\n`).join('');
  }

  /** By column; a cell as a reader of CSV has it. */
  *rows({ index, ids }: Result): Generator<Map<string, string>> {
    for (const id of ids) {
      const cells = membersOf(this.profile(index, id) ?? '{}').flatMap(({ name, value }) =>
        name === 'attributes'
          ? membersOf(value).map((member) => [member.name, member.value])
          : [[name, value]],
      );
      yield new Map(cells.map(([name = '', value = '']) => [name, cellOf(value)]));
    }
  }
}

function cellOf(value: string): string {
  if (value === 'null') return '';
  if (!value.startsWith('"')) return value;
  const text: string = JSON.parse(value);
  // What a spreadsheet would run is defused.
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
