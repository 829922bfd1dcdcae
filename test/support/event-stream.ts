import http from 'node:http';
import type { Snapshot } from '../../src/console/live-view.ts';
import { eventually } from './eventually.ts';

/** A view as it arrives: `/status` of each replica has come as JSON. */
export interface Seen extends Snapshot {
  readonly replicas: readonly {
    readonly replica: string;
    readonly ageMs: number;
    readonly status: {
      readonly problems: Readonly<Record<string, { readonly count: number; readonly lastAt: number }>>;
      readonly teams: Readonly<Record<string, { readonly spent: { readonly caller: number } }>>;
    };
  }[];
}

/** Somebody who reads the events of a console. */
export class EventStream {
  readonly views: Seen[] = [];
  readonly headers: http.IncomingHttpHeaders;
  /** Resolves when the gateway has ended it. */
  readonly ended: Promise<void>;
  readonly #response: http.IncomingMessage;

  private constructor(response: http.IncomingMessage) {
    this.#response = response;
    this.headers = response.headers;
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const events = (rest + text).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) this.views.push(JSON.parse(event.replace(/^data: /, '')));
    });
    this.ended = new Promise((resolve) => response.once('close', () => resolve()));
    response.on('error', () => undefined);
  }

  /** Rejects unless it is answered with 200. */
  static async open(adminUrl: string, headers: Record<string, string> = {}): Promise<EventStream> {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = http.get(`${adminUrl}/console/events`, { headers, agent: false }, resolve);
      request.once('error', reject);
    });
    if (response.statusCode === 200) return new EventStream(response);
    response.resume();
    throw new Error(`answered with ${response.statusCode}`);
  }

  close(): void {
    this.#response.destroy();
  }

  /** The next view of which this is so. */
  async until(what: string, isSo: (view: Seen) => boolean, withinMs = 5000): Promise<Seen> {
    const from = this.views.length;
    return eventually(what, () => this.views.slice(from).find(isSo), withinMs);
  }

  /** Of a minute, put together from views that overlap. */
  sum(read: (second: Snapshot['seconds'][number]) => number): number {
    const seconds = new Map(this.views.flatMap((view) => view.seconds.map((second) => [second.at, second])));
    return [...seconds.values()].reduce((sum, second) => sum + read(second), 0);
  }
}
