import type { Reply } from './http-get.ts';

/**
 * Watches all that comes out of a gateway for what must not: credentials anywhere, and in what it prints also
 * the values of the questions it was asked.
 */
export class SecretWatch {
  readonly #credentials: readonly string[];
  readonly #personal = new Set<string>();

  constructor(credentials: readonly string[]) {
    this.#credentials = credentials;
  }

  /** Remembers the filter values, cursors and profile ids of a question. */
  asked(path: string): void {
    const [pathname = '', query = ''] = path.split('?', 2);
    const profile = /\/profiles\/([^/]+)$/.exec(pathname)?.[1];
    const values = [...new URLSearchParams(query)]
      .filter(([name]) => name.startsWith('filter[') || name === 'next_token')
      .map(([, value]) => value);
    for (const value of [profile, ...values]) {
      // Shorter ones could stand in a timestamp or an id by chance.
      // `search` is a word of ours.
      if (value !== undefined && value.length >= 5 && value !== 'search') this.#personal.add(value);
    }
  }

  answered({ headers, body }: Pick<Reply, 'headers' | 'body'>): void {
    this.#search('an answer', `${JSON.stringify(headers)}${body.toString('latin1')}`, this.#credentials);
  }

  printed(text: string): void {
    this.#search('the output', text, [...this.#credentials, ...this.#personal]);
    this.#search('the output', text, [...this.#personal].map(encodeURIComponent));
  }

  #search(where: string, text: string, secrets: readonly string[]): void {
    const found = secrets.find((secret) => text.includes(secret));
    if (found === undefined) return;
    const at = text.indexOf(found);
    throw new Error(`${where} holds a secret: …${text.slice(Math.max(0, at - 80), at + found.length + 20)}…`);
  }
}
