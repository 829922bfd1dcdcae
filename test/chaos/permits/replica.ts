import { BottleneckRedisPermits } from '../../../src/budget/bottleneck-redis-permits.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { connectRedis, LONGEST_RECONNECT_MS } from '../../../src/shared/redis.ts';

/** What a replica of the test is told, as JSON in its first argument. */
export interface ReplicaOrder {
  readonly port: number;
  readonly name: string;
  /** How wrong this replica's clock is. */
  readonly skewMs: number;
  readonly rate: number;
  /** Every third permit is held for so long, the whole process standing still, before it is used. */
  readonly stallMs: number;
  /** How long the requests of its first four permits are on their way to the wire. */
  readonly slowMs: number;
}

// One replica in a process of its own, which asks for a permit as soon as it has the last one. It prints the epoch ms
// of each grant, by a clock that is right even where `Date.now()` is not, and each trouble.

const order: ReplicaOrder = JSON.parse(process.argv[2] ?? '{}');
const rightNow = Date.now;
Date.now = () => rightNow() + order.skewMs;
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

const permits = new BottleneckRedisPermits({
  limit: { rate: order.rate, windowMs: 1000, guardMs: 25 },
  name: order.name,
  connect: () =>
    connectRedis(
      { servers: { kind: 'standalone', address: { host: '127.0.0.1', port: order.port }, db: 0 } },
      { clientName: 'replica', onError: () => {} },
    ),
  clock: systemClock,
  bursts: false,
  maxReplicas: 4,
  reconnectMs: LONGEST_RECONNECT_MS,
  onTrouble: (trouble) => say({ trouble }),
});
process.once('SIGTERM', () => {
  permits.close();
  setTimeout(() => process.exit(0), 200);
});
let granted = 0;
function stall(): void {
  granted += 1;
  const until = performance.now() + (granted % 3 === 0 ? order.stallMs : 0);
  while (performance.now() < until);
}

for (;;) {
  await new Promise<void>((again) => {
    void permits.acquire(async (grant) => {
      again();
      stall();
      if (order.slowMs > 0 && granted <= 4) await new Promise((sent) => setTimeout(sent, order.slowMs));
      // What a dispatcher does: too late is not sent, and gives the permit back.
      if (systemClock.monotonic() >= grant.sendBy || grant.revoked?.aborted) return false;
      say({ at: performance.timeOrigin + performance.now() });
      return true;
    });
  });
}
