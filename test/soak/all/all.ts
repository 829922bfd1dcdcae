import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../../src/plan/seeded-random.ts';
import { plantPeople } from '../../chaos/canary/people.ts';
import { Canaries } from '../../support/canary/canaries.ts';
import type { Soak } from '../soak.ts';
import { Checker } from './checker.ts';
import { Crowd } from './crowd.ts';
import { House } from './house.ts';
import { Ledger } from './ledger.ts';
import { report, size } from './report.ts';
import { Watch } from './watch.ts';

const SECONDS = 1800;
const PURGE_EVERY_MS = 15_000;

/**
 * The whole product at once: three replicas, Sentinels, the hostile simulator and six teams with loads of their own,
 * while profiles are purged, keys rotated, replicas restarted and the master of Redis is killed.
 */
export const all: Soak = async ({ seconds = SECONDS, seed }, say) => {
  const canaries = new Canaries();
  const { single, crowd } = plantPeople(canaries);
  const house = await House.open([...single, ...crowd]);
  try {
    for (const secret of house.secrets) canaries.adopt('secret', secret);
    const checker = new Checker(house.profiles, house.maskKey);
    const watch = new Watch(house, canaries.planted);
    const random = seededRandom(seed);
    const startedAt = performance.now();
    const isOver = (): boolean => performance.now() - startedAt >= seconds * 1000;
    const at = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s`;
    const ledger = new Ledger((line) => say(`${at()}  ${line}`));
    const progress = setInterval(() => {
      say(
        `${at()}  ${ledger.answered} answers, ${size(ledger.wrong)} wrong, ${size(ledger.unexplained)} unexplained`,
      );
    }, 60_000);

    const crowds = new Crowd({
      house,
      checker,
      ledger,
      random,
      isOver,
      onReply: (reply) => watch.replied(reply),
    });
    const done = Promise.all([crowds.go(), operate(), purge()]);
    async function operate(): Promise<void> {
      const acts: readonly (readonly [share: number, name: string, act: () => Promise<unknown>])[] = [
        [0.1, 'rolling restart', () => house.rollingRestart()],
        [0.25, 'an API key rotated; the old one is answered', () => house.rotateApiKey('last4')],
        [0.32, 'the key of pages in Redis rotated', () => house.rotateCacheKey()],
        [0.4, 'the master of Redis killed', () => house.failover()],
        [0.6, 'the master of Redis killed', () => house.failover()],
        [0.8, 'the master of Redis made a replica', () => house.sentinel.failover()],
      ];
      for (const [share, name, act] of acts) {
        await sleep(Math.max(0, share * seconds * 1000 - (performance.now() - startedAt)));
        const outcome = await act();
        say(`${at()}  ${name}${outcome === undefined ? '' : ` ${outcome}`}`);
        if (Array.isArray(outcome) && outcome.some((status) => status !== 401))
          ledger.fault('a key that was withdrawn is taken', String(outcome));
      }
    }
    const purged = new Map<string, number>();
    async function purge(): Promise<void> {
      while (!isOver()) {
        await sleep(PURGE_EVERY_MS);
        const index = 'idx-loyalty';
        const ids = checker.idsFor(index, []);
        const chance = random();
        const target =
          chance < 0.8
            ? { index, profile: ids[Math.floor(random() * ids.length)] }
            : chance < 0.95
              ? { index }
              : { all: true };
        const gateway = await house.next();
        const status = await gateway.purge(target, { headers: { 'x-api-key': house.keys.whole ?? '' } }).then(
          (reply) => String(reply.status),
          // One that is ended at this moment.
          () => 'no answer',
        );
        purged.set(status, (purged.get(status) ?? 0) + 1);
      }
    }
    await done;
    clearInterval(progress);
    await watch.end();
    const summary = await house.simulator.summary();
    const journal = await house.simulator.journal({ limit: 100_000 });
    return report({ ledger, watch, summary, journal, purged, seconds }, say);
  } finally {
    await house.close();
  }
};
