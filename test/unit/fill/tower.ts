import type { Claim } from '../../../src/budget/fair-queue.ts';
import { ALONE, type FleetHealth } from '../../../src/budget/fleet-health.ts';
import type { Grant, Permits } from '../../../src/budget/permits.ts';
import { type Core, type CoreSettings, composeCore } from '../../../src/compose-core.ts';
import { composeMemory } from '../../../src/compose-memory.ts';
import type { Landed } from '../../../src/serve/flights.ts';
import { type Clock, sleep } from '../../../src/shared/clock.ts';
import type { GatewayError } from '../../../src/shared/errors.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import type { Amperity, UpstreamAnswer, UpstreamCall } from '../../../src/upstream/amperity.ts';
import { readPageBody } from '../../../src/upstream/page-body.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { request, team, type Watched, watch } from '../serve/ground.ts';

const LIMIT = { rate: 10, windowMs: 1000, guardMs: 25, maxReplicas: 4 };
export const HOLD_MS = LIMIT.windowMs + LIMIT.guardMs;
const LIFETIMES = { freshMs: 60_000, staleMs: 60_000, staleIfErrorMs: 120_000, maxRetentionMs: 3_600_000 };

/** Leases on the test's own clock; what a limiter has to keep is tested with the real one. */
class CountedPermits implements Permits {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #held = 0;
  #closed = false;
  granted = 0;
  spent = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async acquire(use: (grant: Grant) => Promise<boolean>): Promise<void> {
    if (this.#held >= LIMIT.rate) await new Promise<void>((free) => this.#waiting.push(free));
    if (this.#closed) return;
    this.#held += 1;
    this.granted += 1;
    const sent = await use({ sendBy: this.#clock.monotonic() + 2975 });
    if (sent) {
      this.spent += 1;
      await sleep(this.#clock, HOLD_MS);
    }
    this.#held -= 1;
    this.#waiting.shift()?.();
  }

  tune(): void {}

  waitMs(): number {
    return 0;
  }

  held(): number {
    return this.#held;
  }

  close(): void {
    this.#closed = true;
  }
}

/** A call that has reached the scripted Amperity. */
export interface Call extends UpstreamCall {
  readonly request: PageRequest;
  /** Monotonic. */
  readonly at: number;
  readonly answer: (answer: UpstreamAnswer) => void;
}

/** Answers every call as `reply` says, at once unless it is told to wait; a `reply` of undefined leaves it open. */
class ScriptedAmperity implements Amperity {
  readonly #clock: Clock;
  readonly calls: Call[] = [];
  reply: (call: Call, number: number) => UpstreamAnswer | undefined = () => undefined;
  /** Whether requests reach the wire. */
  sends = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(asked: PageRequest, call: UpstreamCall): Promise<UpstreamAnswer> {
    return new Promise((resolve) => {
      const made: Call = { ...call, request: asked, at: this.#clock.monotonic(), answer: resolve };
      this.calls.push(made);
      if (this.sends) call.onSent();
      const answer = this.reply(made, this.calls.length);
      if (answer !== undefined) resolve(answer);
    });
  }
}

export interface TowerOptions {
  readonly maxInFlight?: number;
  readonly attempts?: number;
  readonly health?: FleetHealth;
  readonly onSent?: () => void;
  readonly onCall?: (claim: Claim, answer: UpstreamAnswer, tookMs: number) => void;
}

/** The whole fill side and callers in front of it, with a scripted Amperity behind. */
export class Tower {
  readonly clock = new ManualClock();
  readonly amperity = new ScriptedAmperity(this.clock);
  readonly permits = new CountedPermits(this.clock);
  readonly #shared: ReturnType<typeof composeMemory>;
  readonly #core: Core;

  constructor({
    maxInFlight = 64,
    attempts = 3,
    health = ALONE,
    onCall = () => {},
    onSent = () => {},
  }: TowerOptions = {}) {
    const { amperity, clock, permits } = this;
    const settings: CoreSettings = {
      budget: { ...LIMIT, pacing: 'burst', maxInFlight },
      queue: { total: 1000 },
      upstream: { attempts },
      cache: {
        ...LIFETIMES,
        totalFreshMs: 300_000,
        failureMs: 1000,
        prefetch: { enabled: false },
        generation: { pollMs: 0 },
        memory: { maxBytes: 1_000_000, maxEntryBytes: 10_000, preparedBytes: 0 },
      },
    };
    this.#shared = composeMemory(settings, () => 1, clock);
    this.#core = composeCore({
      ...this.#shared,
      health,
      permits,
      settings,
      teams: ['web'],
      amperity,
      keys: {
        page: ({ nextToken }) => nextToken ?? 'first',
        total: () => 'the total',
        scope: ({ index }) => index,
        origin: ({ nextToken }) => `origin of ${nextToken}`,
        olderPages: () => [],
        olderTotals: () => [],
        olderOrigins: () => [],
      },
      etag: (body) => `W/"${body.length}"`,
      clock,
      random: () => 0.5,
      onCall,
      onSent,
    });
  }

  get store() {
    return this.#shared.store;
  }

  get queue() {
    return this.#shared.queue;
  }

  get signals() {
    return this.#shared.signals;
  }

  get coolDown() {
    return this.#shared.coolDown;
  }

  get breakers() {
    return this.#core.breakers;
  }

  get credential() {
    return this.#core.credential;
  }

  get dispatcher() {
    return this.#core.dispatcher;
  }

  /** A caller of a page; pages are told apart by `key`. */
  ask(key: string, rest: Partial<PageRequest> = {}, maxWaitMs = 60_000): Watched<Landed> {
    return watch(
      this.#core.flights.board({
        key,
        request: request({ nextToken: key, ...rest }),
        team: team('web'),
        lookedUpAt: this.clock.now(),
        maxWaitMs,
        signal: new AbortController().signal,
      }),
    );
  }

  /** A page that nobody waits for. */
  async refresh(key: string, flightClass: 'refresh' | 'idle' = 'refresh'): Promise<void> {
    const wish = {
      key,
      request: request({ nextToken: key }),
      team: team('web'),
      lookedUpAt: this.clock.now(),
    };
    await this.#core.flights.fetchBehind(wish, flightClass);
  }

  /** The keys Amperity was asked for, in order. */
  get asked(): (string | undefined)[] {
    return this.amperity.calls.map((call) => call.request.nextToken);
  }
}

export function page(
  text = '{"data":[1]}',
  cacheControl: { noStore: boolean; maxAgeMs?: number } = { noStore: false },
): UpstreamAnswer {
  const read = readPageBody(Buffer.from(text), true);
  if (read === undefined) throw new Error('not a page');
  return { kind: 'page', page: read, cacheControl };
}

type Failed = Extract<UpstreamAnswer, { kind: 'failed' }>;

export const failed = (rest: Partial<Failed> = {}): UpstreamAnswer => ({
  kind: 'failed',
  reason: 'server_error',
  message: 'Amperity answered with status 503.',
  retryable: true,
  ...rest,
});

export const throttled = (retryAfterMs?: number): UpstreamAnswer =>
  retryAfterMs === undefined ? { kind: 'throttled' } : { kind: 'throttled', retryAfterMs };

/** What a caller's flight brought. */
export function landedPage(
  caller: Watched<Landed>,
): { body: string; stored: boolean; status: number } | undefined {
  const outcome = caller.value?.outcome;
  if (outcome === undefined || !('page' in outcome)) return undefined;
  return { body: outcome.page.body.toString(), stored: outcome.stored, status: outcome.page.status };
}

/** The failure a caller's flight ended with. */
export function landedFailure(caller: Watched<Landed>): GatewayError | undefined {
  const outcome = caller.value?.outcome;
  return outcome !== undefined && 'failure' in outcome ? outcome.failure : undefined;
}
