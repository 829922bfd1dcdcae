import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { type Breakers, upstreamFailing } from '../budget/breakers.ts';
import type { CoolDown } from '../budget/cool-down.ts';
import type { Claim, Claimed, FillQueue, LowerPace } from '../budget/fair-queue.ts';
import type { FleetHealth } from '../budget/fleet-health.ts';
import type { Pacing } from '../budget/pacing.ts';
import type { Grant, Permits } from '../budget/permits.ts';
import { type Clock, sleep } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Signals } from '../signals/signals.ts';
import type { Outcome } from '../store/outcome.ts';
import type { Amperity, UpstreamAnswer } from '../upstream/amperity.ts';
import type { Chains } from './chains.ts';
import type { Credential } from './credential.ts';
import type { Landing } from './landing.ts';

export interface DispatcherParts {
  readonly queue: FillQueue;
  readonly permits: Permits;
  readonly coolDown: CoolDown;
  readonly pacing: Pacing;
  readonly breakers: Breakers;
  readonly health: FleetHealth;
  readonly amperity: Amperity;
  readonly credential: Credential;
  readonly chains: Chains;
  readonly landing: Landing;
  readonly signals: Signals<Outcome>;
  readonly clock: Clock;
  /** Calls that may be under way at once; bounds slow answers, which hold no permit. */
  readonly maxInFlight: number;
  /** Told when a call goes on the wire. */
  readonly onSent: () => void;
  /** Told about every call that went on the wire, when it has ended. */
  readonly onCall: (claim: Claim, answer: UpstreamAnswer, tookMs: number) => void;
}

/** A queue that cannot be asked may have something waiting. */
const QUEUE_AWAY: Claimed = { lowerInMs: 0, waiting: 1 };

/** How often a replica that leaves everything to others looks whether it still has to. */
const OUT_LOOK_MS = 250;

/** How often flights that are held back are looked at again. */
const HELD_BACK_MS = 50;

/**
 * The fill side: asks for permits while flights wait, and flies with each the one whose turn it is. It knows no
 * requests, only flights. One permit is asked for at a time, which sustains the full rate, because the next one
 * is asked for as soon as this one is granted.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #unsubscribe: () => void;
  readonly #stop = new AbortController();
  #inFlight = 0;
  /** Something may have come to wait since the queue was last found empty. */
  #demand = false;
  /** Something waits that could not be claimed when it was last tried. */
  #heldBack = false;
  /** Takes back the next look at it: there is one at a time, or each would set off another for ever. */
  #cancelLook: () => void = () => {};
  #wake: () => void = () => {};
  /** Of a claim whose reply has not come. */
  #claimId: string | undefined;
  readonly #landings = new Set<Promise<void>>();

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    setMaxListeners(parts.maxInFlight, this.#stop.signal);
    this.#unsubscribe = parts.signals.subscribe((signal) => {
      if (signal.kind !== 'queued' && signal.kind !== 'offered') return;
      this.#demandNow();
      // Other replicas ask for permits for what waits there, so they have to be told.
      if (signal.kind === 'queued' && this.#isOut())
        parts.signals.publish({ kind: 'offered', key: signal.key });
    });
    void this.#run();
  }

  inFlight(): number {
    return this.#inFlight;
  }

  /** Starts no more calls and ends those under way; resolves when their flights have been left to others. */
  async close(): Promise<void> {
    this.#unsubscribe();
    this.#stop.abort();
    this.#wake();
    await Promise.all(this.#landings);
  }

  async #run(): Promise<void> {
    const { coolDown, clock, credential, maxInFlight } = this.#parts;
    while (!this.#stop.signal.aborted) {
      if (!this.#demand || this.#inFlight >= maxInFlight || credential.isProbing()) {
        await this.#awaken();
        continue;
      }
      if (this.#isOut()) {
        await this.#awaken(OUT_LOOK_MS);
        continue;
      }
      const pauseMs = coolDown.remainingMs();
      if (pauseMs > 0) {
        await sleep(clock, pauseMs);
        continue;
      }
      this.#demand = false;
      const refusal = credential.refusal();
      const more = refusal === undefined ? await this.#flyNext() : await this.#refuseNext(refusal);
      this.#demand ||= more;
    }
  }

  /** Resolves at the next demand or the next call that ends, or after so long. */
  async #awaken(withinMs?: number): Promise<void> {
    let cancel = (): void => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (withinMs !== undefined) cancel = this.#parts.clock.after(withinMs, resolve);
    });
    cancel();
  }

  /** This replica fails where others may not: it makes no calls but those that find out whether it still does. */
  #isOut(): boolean {
    const { breakers, credential, health } = this.#parts;
    const mayBetter = health.othersMayDoBetter.bind(health);
    return (credential.refusal() !== undefined && mayBetter('credential')) || breakers.areBarred(mayBetter);
  }

  /** Resolves once a permit was granted: to whether the next one should be asked for at once. */
  #flyNext(): Promise<boolean> {
    const { permits, pacing } = this.#parts;
    permits.tune(pacing.tuning());
    return new Promise((resolve) => {
      void permits.acquire((grant) => this.#use(grant, resolve)).finally(() => resolve(false));
    });
  }

  async #use(grant: Grant, askAgain: (atOnce: boolean) => void): Promise<boolean> {
    const { breakers, chains, clock, coolDown, credential, landing, maxInFlight, pacing, permits } =
      this.#parts;
    if (this.#stop.signal.aborted || coolDown.remainingMs() > 0) {
      askAgain(true);
      return false;
    }
    const { minTimeMs } = pacing.tuning();
    const { claim, lowerInMs, waiting } = await this.#claim(pacing.lowerPace());
    if (claim === undefined) {
      askAgain(false);
      // What waits is held back, by its class or by its team's part of the slots, until something comes free.
      this.#heldBack = waiting > 0;
      if (waiting === 0) pacing.observe(0);
      this.#cancelLook();
      if (this.#heldBack)
        this.#cancelLook = clock.after(Math.max(minTimeMs, HELD_BACK_MS, lowerInMs), () => this.#demandNow());
      return false;
    }
    pacing.observe(claim.class === 'caller' ? waiting : 0);
    permits.tune(pacing.tuning());
    // While a probe is in the air no other flight is claimed, so where this may become one it has to be known first.
    const mayProbe = breakers.for(claim.request).state() !== 'closed' || credential.isRefused();
    // It has its slot from here on: others are claimed while this one is looked at.
    this.#inFlight += 1;
    if (!mayProbe && this.#inFlight < maxInFlight) askAgain(waiting > 0);
    const isThere = await landing.isThere(claim);
    const asked = { ...claim, request: await chains.asAsked(claim.request) };
    const refusal = isThere ? 'not needed' : this.#refusal(claim);
    askAgain(waiting > 0);
    if (refusal === undefined) return this.#fly(asked, grant);
    this.#inFlight -= 1;
    this.#wake();
    if (refusal === 'not by me') await landing.decline(claim);
    else if (refusal !== 'not needed') await landing.fail(claim, refusal);
    return false;
  }

  /** Why this flight is not to be flown now; whoever finds nothing against it has to fly it. */
  #refusal({ id, request }: Claim): GatewayError | 'not by me' | undefined {
    const { breakers, credential, health } = this.#parts;
    const breaker = breakers.for(request);
    // The breaker first: a probe that is taken must fly.
    if (!breaker.admit(id)) {
      return health.othersMayDoBetter(breakers.kindOf(request))
        ? 'not by me'
        : upstreamFailing(breaker.remainingMs());
    }
    const refusal = credential.takeProbe(id);
    if (refusal === undefined) return undefined;
    breaker.release(id);
    return health.othersMayDoBetter('credential') ? 'not by me' : refusal;
  }

  /** The reply to a claim may get lost: the same id is said again until there is one, and takes the same flight. */
  async #claim(pace?: LowerPace): Promise<Claimed> {
    this.#claimId ??= randomUUID();
    try {
      const claimed = await this.#parts.queue.claim(this.#claimId, pace);
      this.#claimId = undefined;
      return claimed;
    } catch {
      return QUEUE_AWAY;
    }
  }

  #demandNow(): void {
    this.#demand = true;
    this.#wake();
  }

  /** While Amperity refuses our credential a call would only spend permits, so flights fail without one. */
  async #refuseNext(failure: GatewayError): Promise<boolean> {
    const { claim } = await this.#claim();
    if (claim !== undefined) await this.#parts.landing.fail(claim, failure);
    return claim !== undefined;
  }

  /** Resolves as soon as the request is on the wire, or to false if it never got there. */
  #fly(claim: Claim, grant: Grant): Promise<boolean> {
    const { amperity, breakers, clock, landing, signals, onCall, onSent: told } = this.#parts;
    signals.publish({ kind: 'claimed', key: claim.key });
    const land = landing.takeOff(claim);
    return new Promise((resolve) => {
      let sentAt: number | undefined;
      const onSent = (): void => {
        sentAt = clock.monotonic();
        told();
        resolve(true);
      };
      const landed = amperity
        .get(claim.request, {
          ...grant,
          onSent,
          signal: this.#stop.signal,
          mayRenew: claim.setbacks.unauthorized === 0,
        })
        .finally(() => {
          this.#inFlight -= 1;
          this.#wake();
          resolve(false);
        })
        .then((answer) => {
          const at = sentAt ?? clock.monotonic();
          if (sentAt !== undefined) onCall(claim, answer, clock.monotonic() - sentAt);
          // A call that we ended ourselves is nobody's failure: whoever waits for it elsewhere has it made again.
          return land(this.#stop.signal.aborted ? cutShort(answer) : answer, at);
        })
        .catch((cause) => {
          // A defect in judging one answer must not leave its waiters without any.
          breakers.for(claim.request).release(claim.id);
          const failure = new GatewayError('internal', 'The gateway failed to handle the answer.', { cause });
          return landing.fail(claim, failure);
        })
        .finally(() => {
          // Its slot has come free, and what it found may let others go.
          this.#landings.delete(landed);
          if (this.#heldBack) this.#demand = true;
          this.#wake();
        });
      this.#landings.add(landed);
    });
  }
}

const cutShort = (answer: UpstreamAnswer): UpstreamAnswer =>
  answer.kind === 'failed' ? { kind: 'unsent' } : answer;
