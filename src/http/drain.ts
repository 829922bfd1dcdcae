import type { RequestListener, Server, ServerResponse } from 'node:http';
import { type Clock, sleep } from '../shared/clock.ts';

/** How often connections that have become idle are closed while the server waits for its last answers. */
const IDLE_SWEEP_MS = 250;

/** Keeps track of the answers a server is giving, so that draining can reach those that have begun. */
export class Drainable {
  readonly server: Server;
  readonly #answering = new Set<ServerResponse>();

  /** @param serverThat makes the server, which tells of each request that it does not answer at once */
  constructor(serverThat: (tells: RequestListener) => Server) {
    this.server = serverThat((_req, res) => {
      this.#answering.add(res);
      res.once('close', () => this.#answering.delete(res));
    });
  }

  /** Answers end their connection from now on, so that no caller sends another request into a closing one. */
  endConnections(): void {
    for (const res of this.#answering) if (!res.headersSent) res.setHeader('Connection', 'close');
    this.server.prependListener('request', (_req, res) => res.setHeader('Connection', 'close'));
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
  const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const sweep = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, IDLE_SWEEP_MS);
  let cut = false;
  const cancel = clock.after(timeoutMs, () => {
    cut = true;
    for (const server of servers) server.closeAllConnections();
  });
  for (const server of servers) server.closeIdleConnections();
  await closed;
  cancel();
  clearInterval(sweep);
  return !cut;
}
