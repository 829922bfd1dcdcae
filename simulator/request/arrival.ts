import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { tenants } from '../data/catalogue.ts';
import type { Family } from '../journal/journal-entry.ts';
import type { KnobValues } from '../knobs/knob-table.ts';

export interface Connection {
  readonly number: number;
  readonly remote: string;
  /** What to call when the connection closes; requests that are done take themselves out. */
  readonly onClose: Set<() => void>;
}

const MOST_NAME_LISTS = 1000;

/** Describes connections and header lists for the journal without building them anew per request. */
export class ArrivalReader {
  readonly #connections = new WeakMap<Socket, Connection>();
  readonly #nameLists = new Map<string, readonly string[]>();
  #connected = 0;

  connection(socket: Socket): Connection {
    let connection = this.#connections.get(socket);
    if (!connection) {
      const address = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
      const remote = `${address}:${socket.remotePort ?? 0}`;
      const onClose = new Set<() => void>();
      connection = { number: ++this.#connected, remote, onClose };
      this.#connections.set(socket, connection);
      socket.once('close', () => {
        for (const close of onClose) close();
      });
    }
    return connection;
  }

  headerNames(req: IncomingMessage): readonly string[] {
    const names = req.rawHeaders.filter((_, place) => place % 2 === 0).map((name) => name.toLowerCase());
    const key = names.join('\n');
    const known = this.#nameLists.get(key);
    if (known) return known;
    if (this.#nameLists.size >= MOST_NAME_LISTS) this.#nameLists.clear();
    this.#nameLists.set(key, names);
    return names;
  }
}

/** The tenant a request names, where its route looks for it; null when absent or unknown. */
export function namedTenant(knobs: KnobValues, req: IncomingMessage, family: Family): string | null {
  const plain = req.headers['amperity-tenant'];
  const prefixed = req.headers['x-amperity-tenant'];
  const both = knobs['tenant.header'] === 'both';
  const name = family === 'token' ? (prefixed ?? plain) : (plain ?? (both ? prefixed : undefined));
  return typeof name === 'string' && tenants.includes(name) ? name : null;
}

export function bearerOf(req: IncomingMessage): string | undefined {
  return /^Bearer +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
}
