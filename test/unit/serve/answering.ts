import { Breakers } from '../../../src/budget/breakers.ts';
import { CoolDown } from '../../../src/budget/cool-down.ts';
import type { Claim } from '../../../src/budget/fair-queue.ts';
import { ALONE } from '../../../src/budget/fleet-health.ts';
import type { Permits } from '../../../src/budget/permits.ts';
import { Projections } from '../../../src/projection/projections.ts';
import { WHOLE } from '../../../src/projection/view.ts';
import { PageKeys } from '../../../src/query/page-key.ts';
import { Admission } from '../../../src/serve/admission.ts';
import { Answers, type Ask } from '../../../src/serve/answer.ts';
import type { Flights } from '../../../src/serve/flights.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import { PreparedBodies } from '../../../src/shared/prepared-bodies.ts';
import { Generations } from '../../../src/store/generations.ts';
import { MemoryPageStore } from '../../../src/store/memory-page-store.ts';
import type { StoredPage } from '../../../src/store/page-store.ts';
import { totalEntry } from '../../../src/store/totals.ts';
import { Ground, pageOf, QUEUE_LIMITS, request, team } from './ground.ts';

export const BODY = '{"data":[]}';
export const etag = (body: Buffer): string => `W/"etag of ${body.toString()}"`;

export const LIMIT = { rate: 10, windowMs: 1000, guardMs: 25 };

/** A limiter whose every lease is held and comes free in turn; the test grants nothing by it. */
export const PERMITS: Permits = {
  acquire: async () => {},
  tune: () => {},
  waitMs: (turns) => turns * 102.5,
  held: () => 10,
  close: () => {},
};

/** The whole ask side; the test plays whoever flies. */
export class Answering {
  readonly ground: Ground;
  readonly keys = new PageKeys({ tenant: 'acme', apiVersion: '2025-07-31' }, Buffer.alloc(32, 7));
  readonly coolDown: CoolDown;
  readonly breakers: Breakers;
  readonly store: MemoryPageStore;
  readonly flights: Flights;
  readonly answers: Answers;
  readonly generations = new Generations();
  readonly prepared = new PreparedBodies(200_000);
  /** Team of each answer that was told of. */
  readonly answered: string[] = [];

  readonly #etag: (body: Buffer) => string;

  constructor(limits = QUEUE_LIMITS, validator = etag) {
    this.#etag = validator;
    this.ground = new Ground(limits);
    const { clock, queue } = this.ground;
    this.coolDown = new CoolDown(clock);
    this.breakers = new Breakers(clock);
    const size = { maxBytes: 1_000_000, maxEntryBytes: 100_000 };
    this.store = new MemoryPageStore(size, clock, () => {}, this.generations, this.prepared);
    const admission = new Admission({
      queue,
      permits: PERMITS,
      coolDown: this.coolDown,
      breakers: this.breakers,
      health: ALONE,
      limit: LIMIT,
      maxReplicas: 4,
      clock,
      random: () => 0,
    });
    this.flights = this.ground.flights(queue, (of, bound) => admission.refusal(of, bound));
    this.answers = new Answers({
      store: this.store,
      generations: this.generations,
      keys: this.keys,
      flights: this.flights,
      admission,
      clock,
      projections: new Projections({ prepared: this.prepared, etag: validator }),
      onAnswered: ({ team: { name } }) => this.answered.push(name),
    });
  }

  ask(asked: Partial<PageRequest> = {}, rest: Partial<Ask> = {}): Ask {
    const signal = new AbortController().signal;
    return {
      request: request(asked),
      team: team('web'),
      view: () => WHOLE,
      maxWaitMs: 10_000,
      signal,
      ...rest,
    };
  }

  page(text = BODY, rest: Partial<StoredPage> = {}): StoredPage {
    return pageOf(text, this.ground.clock.now(), { etag: this.#etag(Buffer.from(text)), ...rest });
  }

  total(text: string | undefined): StoredPage {
    const { storedAt, freshUntil, staleUntil, errorUntil } = pageOf('', this.ground.clock.now());
    return totalEntry(text, { storedAt, freshUntil, staleUntil, errorUntil });
  }

  async keep(page: StoredPage, asked: Partial<PageRequest> = {}): Promise<void> {
    await this.store.put(this.keys.page(request(asked)), page);
  }

  async keepTotal(total: StoredPage, asked: Partial<PageRequest> = {}): Promise<void> {
    await this.store.put(this.keys.total(request(asked)), total);
  }

  /** Stores what the flight brought, as the fill side does, and lands it. */
  async bring(claim: Claim, page: StoredPage, total?: StoredPage): Promise<void> {
    await this.store.put(claim.key, page);
    if (total !== undefined) await this.store.put(this.keys.total(claim.request), total);
    await this.ground.land(claim, { page, stored: true, ...(total === undefined ? {} : { total }) });
  }
}

export const bytes = (answer: { readonly body: Buffer } | undefined): string | undefined =>
  answer?.body.toString();
