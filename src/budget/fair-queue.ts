import type { GatewayError } from '../shared/errors.ts';
import type { PageRequest } from '../shared/page-request.ts';

/** What waits behind a flight, highest first. Callers go first, whatever waits in the classes below them. */
export const CLASSES = ['caller', 'refresh', 'export', 'idle'] as const;
export type FlightClass = (typeof CLASSES)[number];

/** The team a flight is entered for. Weight and bound travel along, so that a change of policy takes effect at once. */
export interface QueueTeam {
  readonly name: string;
  /** Share of the budget among teams that have something waiting; > 0. */
  readonly weight: number;
  /** Most flights of callers that may wait for this team at a time. */
  readonly maxFlights: number;
}

export interface Interest {
  readonly team: QueueTeam;
  readonly class: FlightClass;
  /** Epoch ms after which nobody is behind this interest any more, should its owner not say so. */
  readonly until: number;
}

/** How a flight ended: its page is in the store (or in the signal that settled it), or it failed for everybody. */
export interface Ending {
  readonly failure?: GatewayError;
}

export type Entered =
  | { readonly state: 'aboard'; readonly created: boolean; readonly flying: boolean }
  /** It ended after the caller had looked into the store: look again, or share the failure. */
  | { readonly state: 'settled'; readonly ending: Ending }
  /** A bound is reached; a `refresh` or `idle` flight is refused without anybody having to know. */
  | { readonly state: 'refused'; readonly bound: 'team' | 'total' };

/** The ask side of the queue. */
export interface AskQueue {
  /**
   * Adds an interest in the flight `key`, creating the flight if there is none. Entering twice for one team
   * keeps the later `until` and the higher class, and the total once it was wanted.
   *
   * @param lookedUpAt epoch ms at which the caller began to look for the page in the store
   */
  enter(key: string, request: PageRequest, interest: Interest, lookedUpAt: number): Promise<Entered>;
  /** Takes a team's interest back. A flight that nobody waits for leaves the queue and costs nothing. */
  leave(key: string, team: string): Promise<void>;
  /** How many permits go out before one that a new flight of this team would get. */
  turnsAhead(team: QueueTeam): Promise<number>;
}

/**
 * Why a claimed flight goes back into the queue: only a failed attempt counts against its attempts, and one that was
 * `declined`, because others may fare better with it, was not its team's turn. What an `outdated` one brought is
 * older than a purge, or than what has become known of its cursor.
 */
export type Setback = 'failed' | 'throttled' | 'unauthorized' | 'unsent' | 'declined' | 'outdated';

/** A flight taken out of the queue to be flown. */
export interface Claim {
  /** Made by the claimer; a flight is settled only by its latest claim. */
  readonly id: string;
  readonly key: string;
  /** With the total if anybody who waits wants it. */
  readonly request: PageRequest;
  readonly class: FlightClass;
  /** The team whose turn it was, which pays. */
  readonly team: string;
  /** How often the flight was put back, by reason. */
  readonly setbacks: Readonly<Record<Setback, number>>;
  /** Epoch ms at which the flight was first entered. */
  readonly enteredAt: number;
}

/** What the flights below callers keep to, so that a caller finds a permit free and need not wait behind them. */
export interface LowerPace {
  /** One may go while fewer than this many flights, of any class, were claimed within `windowMs`. */
  readonly below: number;
  readonly windowMs: number;
  /** Least time after the last one below callers. */
  readonly gapMs: number;
}

export interface Claimed {
  /** Absent when no flight may be flown now. */
  readonly claim?: Claim;
  /** Where none but flights below callers wait: ms until the pace lets one of them go. Else 0. */
  readonly lowerInMs: number;
  /** Flights that wait and could be flown with another permit or slot, of every class. */
  readonly waiting: number;
}

/** The fill side of the queue. */
export interface FillQueue {
  /**
   * The flight whose turn it is. A team that has more than its part of the concurrent calls in the air is passed
   * over. Repeated with the same id it returns the same flight.
   *
   * @param pace kept by the classes below callers, in the whole fleet; absent: of a flight that will not be flown
   */
  claim(id: string, pace?: LowerPace): Promise<Claimed>;
  /**
   * Puts a claimed flight back at the head of its teams' queues, where it can be claimed once `restMs` have passed.
   * Meanwhile it counts as waiting in everything but `Claimed`. False: nobody waits for it any more.
   */
  requeue(claim: Claim, setback: Setback, restMs?: number): Promise<boolean>;
  /** Ends a flight and remembers how, for callers that enter a moment later. False: the claim is an old one. */
  settle(claim: Claim, ending: Ending): Promise<boolean>;
}

export interface QueueDepth {
  readonly team: string;
  /** Flights of callers that wait. */
  readonly flights: number;
  /** Epoch ms at which the longest waiting one was entered. */
  readonly oldestAt: number | undefined;
}

/**
 * Flights waiting for permits, in an order that is fair to teams: start-time fair queueing (Goyal, Vin, Cheng
 * 1996) with one queue per team. Nothing is bound to a permit before the permit is held, so whoever leaves
 * costs nothing and whoever comes late with a fair claim need not wait behind a flood.
 */
export interface FairQueue extends AskQueue, FillQueue {
  depths(): Promise<readonly QueueDepth[]>;
}
