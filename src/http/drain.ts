import type { RequestListener, Server, ServerResponse } from 'node:http';
import net, { type Socket } from 'node:net';
import { type Clock, sleep } from '../shared/clock.ts';

/** How often connections that have become idle are closed while the server waits for its last answers. */
const IDLE_SWEEP_MS = 250;

/** Keeps track of what a server has begun, so that draining cuts none of it. */
export class Drainable {
  readonly server: Server;
  readonly #answering = new Set<ServerResponse>();
  readonly #connections = new Set<Socket>();

  /** @param serverThat makes the server, which tells of each request that it does not answer at once */
  constructor(serverThat: (tells: RequestListener) => Server) {
    this.server = serverThat((_req, res) => {
      this.#answering.add(res);
      res.once('close', () => this.#answering.delete(res));
    });
    this.server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
  }

  /** Answers end their connection from now on, so that no caller sends another request into a closing one. */
  endConnections(): void {
    for (const res of this.#answering) if (!res.headersSent) res.setHeader('Connection', 'close');
    this.server.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'));
  }

  /** Resolves when the last connection has ended. Not the way of `http`, which first closes those that it takes for idle. */
  stopListening(): Promise<void> {
    return new Promise((resolve) => net.Server.prototype.close.call(this.server, () => resolve()));
  }

  /**
   * Connections without a request. For Node that is also one whose reader is slow to take what was written: while there
   * is such a one, it has to be waited for anyway, and the others with it.
   */
  closeIdle(): void {
    for (const { writableLength } of this.#connections) if (writableLength > 0) return;
    this.server.closeIdleConnections();
  }
}

/**
 * Lets the servers finish what they have begun and refuses everything new.
 *
 * @param delayMs how long to go on accepting, so that balancers notice first; 0 to stop at once
 * @param timeoutMs after this time connections are cut, answered or not
 * @returns whether every answer that had been begun was given
 */
export async function drain(
  drainables: readonly Drainable[],
  { delayMs, timeoutMs }: { delayMs: number; timeoutMs: number },
  clock: Clock,
): Promise<boolean> {
  for (const drainable of drainables) drainable.endConnections();
  const servers = drainables.map(({ server }) => server);
  await sleep(clock, delayMs);
  const closed = Promise.all(drainables.map((drainable) => drainable.stopListening()));
  const sweep = setInterval(() => {
    for (const drainable of drainables) drainable.closeIdle();
  }, IDLE_SWEEP_MS);
  let cut = false;
  const cancel = clock.after(timeoutMs, () => {
    cut = true;
    for (const server of servers) server.closeAllConnections();
  });
  for (const drainable of drainables) drainable.closeIdle();
  await closed;
  cancel();
  clearInterval(sweep);
  return !cut;
}
