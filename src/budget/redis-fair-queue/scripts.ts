import type { RedisClient } from '../../shared/redis.ts';
import { defineScript } from '../../shared/redis-script.ts';
import type { FlightClass, Setback } from '../fair-queue.ts';
import type { Rival } from '../turns-ahead.ts';
import { AIR } from './lua/air.ts';
import { DEPTHS, ENTER, LEAVE, TURNS_AHEAD } from './lua/ask.ts';
import { BASE } from './lua/base.ts';
import { CLAIM, RENEW, REQUEUE, SETTLE } from './lua/fill.ts';
import { FLIGHTS } from './lua/flights.ts';
import { LANES } from './lua/lanes.ts';
import { RECENT } from './lua/recent.ts';
import { SLOTS } from './lua/slots.ts';

/** What every script may tell besides its answer. Lists that would be empty are absent. */
export interface Told {
  /** Epoch ms by the clock of Redis. */
  readonly now: number;
  /** Redis had not heard of this replica for so long, if ever, that it was taken for gone. */
  readonly wasGone: boolean;
  /** Flights whose replica let go of them, back in the queue. */
  readonly returned?: readonly string[];
  /** Flights whose replicas let go of them too often, which have failed. */
  readonly crashed?: readonly string[];
}

export interface ToldEnding {
  /** Sealed. */
  readonly failure?: string;
  readonly hasCrashed?: true;
}

export interface ToldClaim {
  readonly key: string;
  /** Sealed. */
  readonly descriptor: string;
  readonly withTotal: boolean;
  readonly class: FlightClass;
  readonly team: string;
  readonly enteredAt: number;
  readonly setbacks: Readonly<Record<Setback, number>>;
}

/** The answer of each script. */
export interface ScriptAnswers {
  readonly enter:
    | { readonly state: 'aboard'; readonly created: boolean; readonly flying: boolean }
    | ({ readonly state: 'settled' } & ToldEnding)
    | { readonly state: 'refused'; readonly bound: 'team' | 'total' };
  readonly leave: object;
  readonly turnsAhead: { readonly own: number; readonly rivals?: readonly Rival[] };
  readonly depths: {
    readonly depths?: readonly {
      readonly team: string;
      readonly flights: number;
      readonly oldestAt?: number;
    }[];
  };
  readonly claim: {
    readonly claim?: ToldClaim;
    readonly lowerInMs: number;
    readonly waiting: number;
    readonly more: boolean;
  };
  readonly requeue: { readonly isBack: boolean };
  readonly settle: { readonly settled: boolean };
  readonly renew: { readonly lost?: readonly string[] };
}

const COMMON = BASE + LANES + FLIGHTS + AIR;

const SCRIPTS: Record<keyof ScriptAnswers, string> = {
  enter: COMMON + ENTER,
  leave: COMMON + LEAVE,
  turnsAhead: COMMON + TURNS_AHEAD,
  depths: COMMON + DEPTHS,
  claim: COMMON + SLOTS + RECENT + CLAIM,
  requeue: COMMON + REQUEUE,
  settle: COMMON + SETTLE,
  renew: COMMON + RENEW,
};

export type RunScript = <K extends keyof ScriptAnswers>(
  script: K,
  args: Readonly<Record<string, unknown>>,
) => Promise<ScriptAnswers[K] & Told>;

/** Makes the scripts known to the client. Each is one call to Redis, which runs it undivided. */
export function queueScripts(redis: RedisClient, root: string): RunScript {
  const scripts = new Map(
    Object.entries(SCRIPTS).map(([name, lua]) => [
      name,
      defineScript<[root: string, args: string], string>(redis, `queue:${name}`, 1, lua),
    ]),
  );
  return async (script, args) => {
    const told = await scripts.get(script)?.(root, JSON.stringify(args));
    return JSON.parse(told ?? '{}');
  };
}
