import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalSummary } from '../../../simulator/client.ts';
import { seededRandom } from '../../../src/plan/seeded-random.ts';
import { Fleet } from '../fleet.ts';
import { Connection, type HangUp } from './connection.ts';
import { Expected } from './expected.ts';
import { Judge } from './judge.ts';
import { POLICIES, pageKey } from './policies.ts';
import { type Asked, Questions } from './questions.ts';
import { Tally } from './tally.ts';
import { Trouble } from './trouble.ts';
import { readTruth } from './truth.ts';

export interface TeamsRunOptions {
  /** Answers to check before it ends. */
  readonly answers: number;
  readonly seed: number;
  /** One trouble about every so many ms. */
  readonly troubleEveryMs: number;
  /** Told about every so often. */
  readonly onProgress?: (tally: Tally, seconds: number) => void;
  /** How long pages are fresh; shorter for a run that is over before they would be stale. */
  readonly freshMs?: number;
}

export interface TeamsRun {
  readonly tally: Tally;
  readonly troubles: ReadonlyMap<string, number>;
  readonly calls: JournalSummary;
  readonly seconds: number;
  /** Callers that had no answer long after the others. */
  readonly hung: number;
}

const REPLICAS = 2;
const CALLERS = 40;
const REQUESTS_PER_CONNECTION = 400;
const HUNG_MS = 30_000;
const PROGRESS_MS = 10_000;
/** Of answers that somebody had to call for; above what is required, below what takes all the time. */
const FETCHED_SHARE = 0.12;

const settingsWith = (freshMs: number) => ({
  budget: { rate: 100_000, windowMs: 50, guardMs: 5, maxInFlight: 200, maxReplicas: REPLICAS },
  queue: { perTeam: 2000, total: 5000, maxWaitMs: 20_000 },
  cache: {
    freshMs,
    staleMs: 1500,
    staleIfErrorMs: 3000,
    totalFreshMs: freshMs,
    prefetch: { enabled: false },
  },
});
/** Small indexes, with all that JSON can hold and a parser loses. */
export const DATA = {
  'rate.kind': 'off',
  'data.rows': 200,
  'data.extra_indexes': 1,
  'data.types': 'mixed',
  'data.exotic': true,
};
const LATENCY = { 0: [15, 40], 1: [15, 40], 2: [20, 50] };

/**
 * Six teams with different rights ask the same questions of two replicas over one Redis, while connections break on
 * both sides, and every complete answer is held against what that team has to see.
 */
export async function runTeams({
  answers,
  seed,
  troubleEveryMs,
  freshMs = 5000,
  onProgress,
}: TeamsRunOptions): Promise<TeamsRun> {
  const random = seededRandom(seed);
  const maskKey = randomBytes(32);
  const pages = POLICIES.map((policy) => (policy.origin === undefined ? undefined : pageKey(policy)));
  const fleet = await Fleet.start({
    replicas: REPLICAS,
    settings: settingsWith(freshMs),
    teams: Object.fromEntries(
      POLICIES.map(({ name, settings }, at) => [
        name,
        { ...settings, keys: pages[at] ? [pages[at].record] : [] },
      ]),
    ),
    env: { MASK_KEY: maskKey.toString('base64') },
    knobs: { ...DATA, 'journal.keep': 1000 },
  });
  try {
    const truth = await readTruth(fleet.simulator.dataUrl);
    await fleet.simulator.knobs({ 'latency.table': LATENCY });
    await fleet.simulator.clearJournal();
    const judge = new Judge();
    const tally = new Tally();
    const keys = Object.fromEntries(
      POLICIES.map(({ name }, at) => [name, pages[at]?.key ?? fleet.gateways[0]?.key(name) ?? '']),
    );
    const teams = POLICIES.map((policy) => new Expected(policy, truth, maskKey));
    const questions = new Questions({ truth, teams, keys, judge, random });
    const trouble = new Trouble({ fleet, truth, random, everyMs: troubleEveryMs });
    const startedAt = performance.now();
    const seconds = (): number => (performance.now() - startedAt) / 1000;
    const isOver = (): boolean => tally.checked >= answers;

    trouble.begin();
    let waiting = REPLICAS * CALLERS;
    const callers = fleet.gateways.flatMap(({ url }) =>
      Array.from({ length: CALLERS }, () =>
        new Caller({ url, questions, judge, tally, random, isOver }).go().then(() => {
          waiting -= 1;
        }),
      ),
    );
    const watch = setInterval(() => {
      questions.coldShare = adjusted(questions.coldShare, tally);
      for (const gateway of fleet.gateways) gateway.forgetOutput();
    }, 500);
    const progress = setInterval(() => onProgress?.(tally, seconds()), PROGRESS_MS);
    try {
      while (!isOver() && waiting > 0) await sleep(50);
      const took = seconds();
      await trouble.end();
      await Promise.race([Promise.all(callers), sleep(HUNG_MS, undefined, { ref: false })]);
      const calls = await fleet.simulator.summary();
      return { tally, troubles: trouble.counts, calls, seconds: took, hung: waiting };
    } finally {
      clearInterval(watch);
      clearInterval(progress);
    }
  } finally {
    await fleet.stop();
  }
}

/** Slowly, so that it settles. */
const adjusted = (share: number, { checked, fetched }: Tally): number =>
  Math.min(0.9, Math.max(0.02, share * (fetched < FETCHED_SHARE * checked ? 1.05 : 0.95)));

interface CallerParts {
  readonly url: string;
  readonly questions: Questions;
  readonly judge: Judge;
  readonly tally: Tally;
  readonly random: () => number;
  readonly isOver: () => boolean;
}

/** Asks one thing or a few in a row, as any of the teams, and begins again with a new connection when it has hung up. */
class Caller {
  readonly #parts: CallerParts;
  #connection: Connection;

  constructor(parts: CallerParts) {
    this.#parts = parts;
    this.#connection = new Connection(parts.url);
  }

  async go(): Promise<void> {
    const { isOver, random, questions, url } = this.#parts;
    while (!isOver()) {
      if (!this.#connection.isOpen) this.#connection = new Connection(url);
      if (this.#connection.sent >= REQUESTS_PER_CONNECTION) {
        this.#connection.hangUp();
        continue;
      }
      const several = random() < 0.2 ? 2 + Math.floor(random() * 2) : 1;
      const connection = this.#connection;
      await Promise.all(Array.from({ length: several }, () => this.#ask(connection, questions.next())));
    }
    this.#connection.hangUp();
  }

  async #ask(connection: Connection, { ask, request }: Asked): Promise<void> {
    const { judge, tally } = this.#parts;
    const hangUp = this.#hangUp(ask.kind === 'export');
    const hasBody = !request.startsWith('HEAD');
    const answered = await connection.ask(request, { hasBody, ...(hangUp && { hangUp }) });
    if (answered !== undefined) tally.answered(ask, answered, judge.check(ask, answered));
    else if (connection.hungUp) tally.hungUp += 1;
    else if (ask.kind === 'export') tally.cutExports += 1;
    else tally.cutOff += 1;
  }

  #hangUp(isExport: boolean): HangUp | undefined {
    const { random } = this.#parts;
    const chance = random();
    if (chance < 0.015) return { afterMs: random() * 25 };
    if (chance < 0.025 || (isExport && chance < 0.2)) return { atBodyBytes: Math.floor(random() * 500) };
    return undefined;
  }
}
