import cluster, { type Worker } from 'node:cluster';
import type { Log } from './shared/log.ts';

/** A worker that ends although nobody told it to is replaced, but not faster than this. */
const AGAIN_MS = 1000;

export type StopSignal = 'SIGTERM' | 'SIGINT';

/** What a supervisor tells its workers: that it was signalled, for the how-many-th time. */
interface Order {
  readonly signal: StopSignal;
  readonly count: number;
}

const NUMBER = 'WORKER_NUMBER';
const READY = 'ready';

/** Which of the workers this process is, from 0; 0 too for a process that has none beside it. */
export const workerNumber = (env: NodeJS.ProcessEnv): number => Number(env[NUMBER] ?? 0);

/**
 * Runs this very program `count` times more, on one public port, and ends when all of them have. Each is a replica like
 * any other, and replaced when it ends. But if the first in its place ends before it is ready, it has said why, and all
 * of them end: the next would say the same.
 */
export function supervise(
  count: number,
  env: NodeJS.ProcessEnv,
  log: Log,
  exit: (code: number) => void,
): void {
  /** Numbers of workers that have been ready. */
  const proven = new Set<number>();
  const listening = new Set<Worker>();
  let orders = 0;
  let latest: Order | undefined;
  let exitCode = 0;

  const stop = (signal: StopSignal): void => {
    orders += 1;
    latest = { signal, count: orders };
    for (const worker of Object.values(cluster.workers ?? {})) tell(worker, latest);
  };
  const start = (number: number): void => {
    const worker = cluster.fork({ ...env, [NUMBER]: String(number) });
    worker.once('listening', () => listening.add(worker));
    worker.once('exit', () => listening.delete(worker));
    returnUntaken(worker, listening);
    // Told something in the moment of its end; that it has ended is told by itself.
    worker.on('error', () => undefined);
    worker.on('message', (message) => {
      if (message !== READY) return;
      proven.add(number);
      // Told before it listened to its supervisor, it has not heard it.
      tell(worker, latest);
    });
    worker.once('exit', (code, signal) => {
      if (latest === undefined && proven.has(number)) {
        log.error({ worker: number, code, signal }, 'worker ended');
        setTimeout(() => latest === undefined && start(number), AGAIN_MS);
        return;
      }
      exitCode ||= code ?? 1;
      if (latest === undefined) stop('SIGINT');
      if (Object.keys(cluster.workers ?? {}).length === 0) exit(exitCode);
    });
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  for (let number = 0; number < count; number += 1) start(number);
}

/**
 * A connection that was handed to a worker which ends before it takes it is in nobody's hands: Node goes on waiting for
 * the worker's reply, and the caller hangs (lib/internal/cluster/round_robin_handle.js, Node 20 to 24). Where the worker
 * itself says that it does not take one, as a closing server does, Node hands it to the next; that is said in its place.
 * Where nobody listens any more it is closed, so that the caller may come again.
 */
function returnUntaken(worker: Worker, listening: ReadonlySet<Worker>): void {
  const { process: child } = worker;
  const untaken = new Map<unknown, { close(): void } | undefined>();
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  child.send = (...args: unknown[]) => {
    const { act, seq } = (args[0] ?? {}) as { act?: unknown; seq?: unknown };
    if (act === 'newconn') untaken.set(seq, args[1] as { close(): void } | undefined);
    return send(...args);
  };
  child.on('internalMessage', ({ ack }: { ack?: unknown }) => untaken.delete(ack));
  // Once Node has taken the worker out of its turns, or it would be handed the same again.
  worker.once('exit', () =>
    setImmediate(() => {
      for (const [ack, connection] of [...untaken]) {
        if (listening.size === 0) connection?.close();
        else child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false });
      }
    }),
  );
}

function tell(worker: Worker | undefined, order: Order | undefined): void {
  if (order !== undefined && worker?.isConnected()) worker.send(order);
}

/**
 * In a worker. Terminals and supervisors of services signal every process of a group by themselves; that is left to ours,
 * or each worker would be told twice, which means "at once".
 */
export function followOrders(stop: (signal: StopSignal) => void): void {
  let heard = 0;
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => undefined);
  process.on('message', ({ count, signal }: Order) => {
    if (count <= heard) return;
    heard = count;
    stop(signal);
  });
}

/** In a worker: it answers from now on. */
export const reportReady = (): void => void process.send?.(READY);
