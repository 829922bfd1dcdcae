import { composeFleetPermits } from '../compose-permits.ts';
import type { Config } from '../config/config.ts';
import { type Clock, sleep } from '../shared/clock.ts';
import { connectRedis, type RedisSettings } from '../shared/redis.ts';
import type { UpstreamCall } from '../upstream/amperity.ts';

/** As long as Redis itself is waited for. */
const READY_MS = 3000;
/** Longer than a limiter rests that begins anew, with the default window. */
const GRANT_MS = 10_000;

/** Makes the call within a permit of the fleet, which it gives back if nothing is sent; undefined if none can be had. */
export async function withPermit<T>(
  { config, redis, clock }: { readonly config: Config; readonly redis: RedisSettings; readonly clock: Clock },
  call: (grant: Pick<UpstreamCall, 'sendBy' | 'revoked' | 'onSent'>) => Promise<T>,
): Promise<T | undefined> {
  const permits = composeFleetPermits(config, {
    clock,
    // What is wrong with it is told by the findings about Redis.
    connect: () => connectRedis(redis, { clientName: 'agw-doctor', onError: () => {} }),
    onTrouble: () => {},
  });
  const until = clock.monotonic() + READY_MS;
  while (!permits.isReady() && clock.monotonic() < until) await sleep(clock, 10);
  let made: Promise<T> | undefined;
  if (permits.isReady()) {
    await new Promise<void>((done) => {
      const cancel = clock.after(GRANT_MS, done);
      const use = (grant: Pick<UpstreamCall, 'sendBy' | 'revoked'>) =>
        new Promise<boolean>((sent) => {
          made = call({ ...grant, onSent: () => sent(true) }).finally(() => sent(false));
        });
      // Lasts until the lease has ended, so that none is left behind.
      void permits.acquire(use).then(cancel).then(done);
    });
  }
  await permits.close();
  return made;
}
