import { setTimeout as sleep } from 'node:timers/promises';
import { Backlog } from '../chaos/backlog.ts';
import { Fleet, type FleetOptions } from '../chaos/fleet.ts';
import { FLOOD } from '../support/spawn-gateway.ts';
import type { Soak } from './soak.ts';

const TEAMS = ['a', 'b', 'c', 'd', 'e'];
const LIMIT = 10;
/** Each replica's part of the budget while Redis is away: a third of ten, rounded down. */
const SHARE = 3;
/** Before and after a fault. */
const LEAD_MS = 5000;
const AFTERMATH_MS = 12_000;
/** At the end some dozens wait, which takes a few seconds. */
const HUNG_MS = 30_000;

interface Fault {
  readonly name: string;
  /** What is done to a fleet under load, to its end. */
  readonly happen: (fleet: Fleet) => Promise<unknown>;
  readonly options?: FleetOptions;
  /** Calls in any second that are promised. */
  readonly most?: number;
  /** Callers of a process that is killed are cut off; none else may be. */
  readonly cutsOff?: boolean;
  /** Longest pause from its end on, where one is promised. */
  readonly pauseMs?: number;
}

const skewed = (ms: number) => ({
  NODE_OPTIONS: `--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()+(${ms})`,
});

const pausing = (pid: number | undefined, ms: number) => async () => {
  if (pid === undefined) return;
  process.kill(pid, 'SIGSTOP');
  await sleep(ms);
  process.kill(pid, 'SIGCONT');
};

/** Takes the way to Redis from some replicas and gives it back, to one after another. */
const cutOff = (places: readonly number[], forMs: number, apartMs: number) => async (fleet: Fleet) => {
  for (const place of places) fleet.ways[place]?.refuse(true);
  await sleep(forMs);
  for (const place of places) {
    fleet.ways[place]?.refuse(false);
    await sleep(apartMs);
  }
};

const FAULTS: readonly Fault[] = [
  { name: 'none', happen: async () => {} },
  {
    name: 'Redis restarted without data',
    happen: (fleet) => fleet.redis.restart({ keepData: false }),
    pauseMs: 3000,
  },
  { name: 'FLUSHALL', happen: (fleet) => fleet.redis.cli(['flushall']), pauseMs: 3000 },
  { name: 'Redis frozen for 1.5 s', happen: (fleet) => pausing(fleet.redis.child.pid, 1500)() },
  { name: 'a replica frozen for 1.5 s', happen: (fleet) => pausing(fleet.gateways[1]?.child.pid, 1500)() },
  { name: 'a replica frozen for 14 s', happen: (fleet) => pausing(fleet.gateways[1]?.child.pid, 14_000)() },
  {
    name: 'a replica killed',
    happen: async (fleet) => fleet.gateways[1]?.child.kill('SIGKILL'),
    cutsOff: true,
  },
  {
    name: 'clocks 500 ms apart, both ways',
    happen: async () => {},
    options: { envOf: { 0: skewed(500), 1: skewed(-500) } },
  },
  { name: 'Redis lost to one replica for 8 s', happen: cutOff([0], 8000, 0), most: LIMIT + SHARE },
  { name: 'Redis lost to all for 8 s, back at once', happen: cutOff([0, 1, 2], 8000, 0) },
  {
    name: 'Redis lost to all for 8 s, back 1.5 s apart',
    happen: cutOff([0, 1, 2], 8000, 1500),
    // The first is back on the fleet's budget while the last still keeps its part.
    most: LIMIT + SHARE,
  },
];

/** What happens to Redis, to replicas and to clocks while five teams always have something waiting on three replicas. */
export const faults: Soak = async (_options, say) => {
  say(
    `${'fault'.padEnd(44)}most in 1 s   429   longest pause   first call after   rate at the end   lost   hung`,
  );
  let isFine = true;
  for (const fault of FAULTS) isFine = (await suffer(fault, say)) && isFine;
  return isFine;
};

async function suffer(fault: Fault, say: (line: string) => void): Promise<boolean> {
  const { name, happen, most = LIMIT, cutsOff = false, pauseMs = Number.POSITIVE_INFINITY } = fault;
  const fleet = await Fleet.start({
    settings: { ...FLOOD, budget: { maxReplicas: 3 } },
    teams: Object.fromEntries(TEAMS.map((team) => [team, {}])),
    // So that what comes on top is seen and not refused.
    knobs: { 'latency.preset': 'off', 'rate.kind': most > LIMIT ? 'off' : 'sliding' },
    ...fault.options,
  });
  try {
    const load = new Backlog(fleet, TEAMS);
    await sleep(LEAD_MS);
    const before = (await fleet.calls()).at.at(-1) ?? 0;
    const from = Date.now();
    await happen(fleet);
    const lastedMs = Date.now() - from;
    await sleep(AFTERMATH_MS);
    const seen = await fleet.calls();
    const hasEnded = await Promise.race([load.end().then(() => true), sleep(HUNG_MS, false)]);
    const lost = [...load.statuses]
      .filter(([status]) => status !== 200 && !(cutsOff && status === 'cut off'))
      .reduce((sum, [, count]) => sum + count, 0);
    const during = seen.at.filter((at) => at >= before);
    const gaps = during.slice(1).map((at, place) => at - (during[place] ?? at));
    const over = before + lastedMs;
    const firstAfter = (during.find((at) => at > over) ?? Number.POSITIVE_INFINITY) - over;
    const last = seen.at.at(-1) ?? 0;
    const steady = seen.at.filter((at) => at >= last - 4000);
    const rate = ((steady.length - 1) * 1000) / (last - (steady[0] ?? 0));
    say(
      name.padEnd(44) +
        String(seen.most).padEnd(14) +
        String(seen.limited).padEnd(6) +
        `${Math.round(Math.max(0, ...gaps))} ms`.padEnd(16) +
        `${Math.round(firstAfter)} ms`.padEnd(19) +
        `${rate.toFixed(2)}/s`.padEnd(18) +
        String(lost).padEnd(7) +
        (hasEnded ? '0' : 'some'),
    );
    return (
      seen.most <= most && seen.limited === 0 && firstAfter <= pauseMs && rate >= 9 && lost === 0 && hasEnded
    );
  } finally {
    await fleet.stop();
  }
}
