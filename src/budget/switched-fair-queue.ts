import type { PageRequest } from '../shared/page-request.ts';
import type {
  Claim,
  Claimed,
  Ending,
  Entered,
  FairQueue,
  Interest,
  LowerPace,
  QueueDepth,
  QueueTeam,
  Setback,
} from './fair-queue.ts';

/**
 * The fleet's queue, or one of this replica's own while that is away. Flights do not move from one to the other:
 * those who wait for them enter them again. A flight in the air ends in the queue it was claimed from.
 */
export class SwitchedFairQueue implements FairQueue {
  readonly #shared: FairQueue;
  readonly #makeLocal: () => FairQueue;
  readonly #where: () => 'shared' | 'local';
  #local: FairQueue | undefined;
  /** Flights that this replica has in the air, by their key. */
  readonly #inTheAir = new Map<string, { readonly id: string; readonly queue: FairQueue }>();

  constructor(shared: FairQueue, makeLocal: () => FairQueue, where: () => 'shared' | 'local') {
    this.#shared = shared;
    this.#makeLocal = makeLocal;
    this.#where = where;
  }

  async enter(key: string, request: PageRequest, interest: Interest, lookedUpAt: number): Promise<Entered> {
    const current = this.#current();
    const flown = this.#inTheAir.get(key);
    if (flown !== undefined && flown.queue !== current)
      return { state: 'aboard', created: false, flying: true };
    return current.enter(key, request, interest, lookedUpAt);
  }

  leave(key: string, team: string): Promise<void> {
    return this.#current().leave(key, team);
  }

  turnsAhead(team: QueueTeam): Promise<number> {
    return this.#current().turnsAhead(team);
  }

  async claim(id: string, pace?: LowerPace): Promise<Claimed> {
    const queue = this.#current();
    const claimed = await queue.claim(id, pace);
    if (claimed.claim !== undefined) this.#inTheAir.set(claimed.claim.key, { id, queue });
    return claimed;
  }

  async requeue(claim: Claim, setback: Setback, restMs?: number): Promise<boolean> {
    return this.#land(claim).requeue(claim, setback, restMs);
  }

  async settle(claim: Claim, ending: Ending): Promise<boolean> {
    return this.#land(claim).settle(claim, ending);
  }

  depths(): Promise<readonly QueueDepth[]> {
    return this.#current().depths();
  }

  #land({ id, key }: Claim): FairQueue {
    const flown = this.#inTheAir.get(key);
    if (flown?.id !== id) return this.#current();
    this.#inTheAir.delete(key);
    return flown.queue;
  }

  #current(): FairQueue {
    if (this.#where() === 'shared') {
      this.#local = undefined;
      return this.#shared;
    }
    this.#local ??= this.#makeLocal();
    return this.#local;
  }
}
