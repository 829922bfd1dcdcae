import { request } from 'node:http';
import type { FaultRule } from './faults/fault-rule.ts';
import type { JournalEntry, JournalSummary } from './journal/journal-entry.ts';

export interface IndexPlace {
  readonly tenant: string;
  readonly index: string;
}

/** State of an index after a data change. */
export interface IndexState {
  readonly index: string;
  readonly generation: number;
  readonly state: 'ready' | 'building';
  readonly updated_at: string;
}

/** Calls of the control port. Every method throws an Error with the simulator's message unless it answers 200. */
export class ControlClient {
  readonly #url: string;

  constructor(controlUrl: string) {
    this.#url = controlUrl;
  }

  /** Changes knobs and returns the values of all. */
  async knobs(patch: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    return JSON.parse(await this.#call('PATCH', '/knobs', patch));
  }

  /** All knobs back to the values of the start, fault rules included. */
  async restoreKnobs(): Promise<void> {
    await this.#call('DELETE', '/knobs');
  }

  /** Appends rules. */
  async faults(rules: readonly FaultRule[]): Promise<void> {
    await this.#call('POST', '/faults', rules);
  }

  async clearFaults(): Promise<void> {
    await this.#call('DELETE', '/faults');
  }

  /** Clears journal, cursors, tokens, budgets, generations and draws; knobs stay. */
  async reset(): Promise<void> {
    await this.#call('POST', '/reset');
  }

  async journal(range: { since?: number; limit?: number } = {}): Promise<JournalEntry[]> {
    const query = new URLSearchParams(
      Object.entries(range).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const lines = (await this.#call('GET', `/journal?${query}`)).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }

  async summary(): Promise<JournalSummary> {
    return JSON.parse(await this.#call('GET', '/journal/summary'));
  }

  /** Begins a new measurement. */
  async clearJournal(): Promise<void> {
    await this.#call('DELETE', '/journal');
  }

  async rebuild(place: IndexPlace): Promise<IndexState> {
    return JSON.parse(await this.#call('POST', '/rebuild', place));
  }

  /** Moves only `updated_at`. */
  async touch(place: IndexPlace): Promise<IndexState> {
    return JSON.parse(await this.#call('POST', '/touch', place));
  }

  async erase(profile: IndexPlace & { readonly id: string }): Promise<IndexState> {
    return JSON.parse(await this.#call('POST', '/erase', profile));
  }

  /** One token by value or label, or all, static ones included; returns how many. */
  async revokeTokens(token?: string): Promise<number> {
    return JSON.parse(await this.#call('POST', '/tokens/revoke', token === undefined ? {} : { token }))
      .revoked;
  }

  /** One connection per call, so that nothing is left open when the caller is done. */
  #call(method: string, path: string, body?: unknown): Promise<string> {
    return new Promise((resolve, reject) => {
      const req = request(`${this.#url}${path}`, { method, agent: false }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (res.statusCode === 200) resolve(text);
          else reject(new Error(`${method} ${path}: ${res.statusCode} ${text.trim()}`));
        });
      });
      req.on('error', reject);
      req.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
