import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that can stop listening and come back on the same port. */
export class Listener {
  readonly #server: Server;
  readonly #host: string;
  #port: number;
  #turn: Promise<void> = Promise.resolve();

  constructor(server: Server, host: string, port: number) {
    this.#server = server;
    this.#host = host;
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  /** Where a client on this machine reaches it. */
  get url(): string {
    const reachable = this.#host === '0.0.0.0' || this.#host === '::' ? '127.0.0.1' : this.#host;
    return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${this.#port}`;
  }

  /** Port 0 becomes the port that was picked. Throws what `listen` reports, such as EADDRINUSE. */
  open(): Promise<void> {
    return this.#next(async () => {
      if (this.#server.listening) return;
      this.#server.listen(this.#port, this.#host);
      await once(this.#server, 'listening');
      this.#port = (this.#server.address() as AddressInfo).port;
    });
  }

  /** Ends every connection at once. */
  close(): Promise<void> {
    return this.#next(async () => {
      if (!this.#server.listening) return;
      const closed = once(this.#server, 'close');
      this.#server.close();
      this.#server.closeAllConnections();
      await closed;
    });
  }

  /** Calls take effect one after the other. */
  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
