import { setTimeout as sleep } from 'node:timers/promises';
import { cold, type Fleet } from './fleet.ts';

/** Callers of each team, on all replicas in turn, who ask something new as soon as they are answered. */
export class Backlog {
  /** How often each status was answered; `cut off` when there was no answer. */
  readonly statuses = new Map<number | 'cut off', number>();
  readonly #callers: Promise<void>[];
  #isOver = false;

  constructor(fleet: Fleet, teams: readonly string[], perTeam = 6) {
    this.#callers = teams.flatMap((team, place) =>
      Array.from({ length: perTeam }, async (_, caller) => {
        for (let turn = 0; !this.#isOver; turn += 1) {
          const path = cold(`${team}-${caller}-${turn}`);
          const reply = await fleet.get(path, place + caller, { team }).catch(() => undefined);
          const status = reply?.status ?? 'cut off';
          this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
          if (reply === undefined) await sleep(100);
        }
      }),
    );
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#callers);
  }
}

export const later = (at: readonly number[], fromMs: number): number[] =>
  at.filter((instant) => instant >= fromMs);

/** Calls per second from the first of these to the last. */
export const rate = (at: readonly number[]): number =>
  (at.length - 1) / (((at.at(-1) ?? 0) - (at[0] ?? 0)) / 1000);
