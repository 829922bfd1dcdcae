import { items, members } from '../shared/json-scan.ts';
import type { Route } from '../shared/page-request.ts';
import { listOf, OPENING_BRACE, OPENING_BRACKET, objectOf, valueBytes, wholeOf } from './pieces.ts';
import type { View } from './view.ts';

/** The list of indexes with those of them that may be read; a page of it may so be shorter than it was asked for. */
export class IndexesView implements View {
  readonly id: string;
  readonly #shown: ReadonlySet<string>;

  constructor(id: string, shown: ReadonlySet<string>) {
    this.id = id;
    this.#shown = shown;
  }

  project(_route: Route, body: Buffer): Buffer {
    return objectOf(body, (member) => {
      if (member.name === 'next_token') return [wholeOf(body, member)];
      if (member.name !== 'data' || body[member.value.start] !== OPENING_BRACKET) return [];
      const indexes = [...items(body, member.value.start)].map(({ start, end }) => body.subarray(start, end));
      return [Buffer.from('"data":'), listOf(indexes.filter((index) => this.#shows(index)))];
    });
  }

  /** Of repeated ids every one has to be shown: which of them counts is the reader's to decide. */
  #shows(index: Buffer): boolean {
    if (index[0] !== OPENING_BRACE) return false;
    const ids = [...members(index)].filter(({ name }) => name === 'id');
    return (
      ids.length > 0 &&
      ids.every((member) => {
        const id: unknown = JSON.parse(valueBytes(index, member).toString('utf8'));
        return typeof id === 'string' && this.#shown.has(id);
      })
    );
  }
}
