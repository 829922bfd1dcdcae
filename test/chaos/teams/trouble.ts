import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../fleet.ts';
import { INDEXES } from './policies.ts';
import type { Truth } from './truth.ts';

export interface TroubleParts {
  readonly fleet: Fleet;
  readonly truth: Truth;
  readonly random: () => number;
  /** Of the common ones; the others are rarer by fixed factors. */
  readonly everyMs: number;
}

type Act = readonly [name: string, weight: number, act: () => Promise<unknown>];

/** Knobs of the simulator that make it forbid keeping its pages, or fail now and then. */
const SPELLS = {
  'no-store': { 'headers.extra': { 'cache-control': 'no-store' } },
  'max-age=0': { 'headers.extra': { 'cache-control': 'max-age=0' } },
  'stale-if-error': { faults: [{ p: 0.3, do: 'status', status: 503 }] },
  broken: {
    faults: [
      { p: 0.1, do: 'reset', after_bytes: 300 },
      { p: 0.1, do: 'truncate', after_bytes: 300 },
      { p: 0.1, do: 'status', status: 500, body: 'html' },
    ],
  },
} as const;

/** Resets connections to Redis, empties and restarts it, purges, and lets the simulator fail, at random. */
export class Trouble {
  readonly counts = new Map<string, number>();
  readonly #parts: TroubleParts;
  #isOver = false;
  #done: Promise<void> | undefined;

  constructor(parts: TroubleParts) {
    this.#parts = parts;
  }

  begin(): void {
    this.#done = this.#go();
  }

  /** Resolves when nothing is under way and everything is as it was. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #go(): Promise<void> {
    const acts = this.#acts();
    const weights = acts.reduce((sum, [, weight]) => sum + weight, 0);
    while (!this.#isOver) {
      await sleep(this.#between(0.4, 1.6) * this.#parts.everyMs);
      let place = this.#parts.random() * weights;
      const act = acts.find(([, weight]) => {
        place -= weight;
        return place < 0;
      });
      if (act === undefined) continue;
      const [name, , happen] = act;
      const outcome = await happen();
      const full = typeof outcome === 'string' ? `${name}: ${outcome}` : name;
      this.counts.set(full, (this.counts.get(full) ?? 0) + 1);
    }
  }

  #acts(): Act[] {
    const { fleet } = this.#parts;
    return [
      ['connections to Redis reset', 30, async () => this.#way().cut()],
      [
        'connections to Redis reset in the middle of an answer',
        30,
        async () => this.#way().cutAfter(Math.floor(this.#between(1, 3000))),
      ],
      ['Redis refused for up to 300 ms', 6, () => this.#refuse()],
      ['purge', 25, () => this.#purge()],
      ['spell of the simulator', 6, () => this.#spell()],
      [
        'FLUSHALL',
        2,
        async () => {
          await fleet.redis.cli(['flushall']);
        },
      ],
      ['Redis restarted without data', 1, () => fleet.redis.restart({ keepData: false })],
    ];
  }

  #way() {
    const { fleet } = this.#parts;
    const way = fleet.ways[Math.floor(this.#parts.random() * fleet.ways.length)];
    if (way === undefined) throw new Error('there is no way to Redis');
    return way;
  }

  async #refuse(): Promise<void> {
    const way = this.#way();
    way.refuse(true);
    await sleep(this.#between(50, 300));
    way.refuse(false);
  }

  /** What the gateway says to it. */
  async #purge(): Promise<string> {
    const { fleet, random, truth } = this.#parts;
    const gateway = fleet.gateways[Math.floor(random() * fleet.gateways.length)];
    const index = INDEXES[Math.floor(random() * INDEXES.length)] ?? INDEXES[0];
    const ids = [...truth.profiles[index].keys()];
    const kind = random();
    const target =
      kind < 0.7
        ? { index, profile: ids[Math.floor(random() * ids.length)] }
        : kind < 0.9
          ? { index }
          : { all: true };
    const reply = await gateway?.purge(target, { team: 'whole' });
    return String(reply?.status);
  }

  async #spell(): Promise<string> {
    const { fleet, random } = this.#parts;
    const names = Object.keys(SPELLS) as (keyof typeof SPELLS)[];
    const name = names[Math.floor(random() * names.length)] ?? 'no-store';
    await fleet.simulator.knobs(SPELLS[name]);
    await sleep(this.#between(2, 4) * this.#parts.everyMs);
    await fleet.simulator.knobs({ 'headers.extra': {}, faults: [] });
    return name;
  }

  #between(least: number, most: number): number {
    return least + this.#parts.random() * (most - least);
  }
}
