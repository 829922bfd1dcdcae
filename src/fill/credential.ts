import type { HealthFinding } from '../budget/fleet-health.ts';
import type { Clock } from '../shared/clock.ts';
import type { GatewayError } from '../shared/errors.ts';

/** How long a call that was let in tells something about the next one. */
const ACCEPTED_MS = 20_000;

/**
 * Whether Amperity lets this replica's calls in. While it does not, no call is made but one probe now and then that
 * finds out.
 */
export class Credential {
  readonly #clock: Clock;
  #refused: { readonly failure: GatewayError; readonly forMs: number; until: number } | undefined;
  /** The claim whose call finds out whether our credential is still refused, while it is in the air. */
  #probe: string | undefined;
  /** Monotonic instant of the last call that was let in. */
  #acceptedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The failure every flight gets while Amperity refuses our credential. */
  refusal(): GatewayError | undefined {
    const refused = this.#refused;
    return refused !== undefined && this.#clock.monotonic() < refused.until ? refused.failure : undefined;
  }

  /** The same for a flight about to be flown. If nothing stands against it, it is the next probe. */
  takeProbe(claimId: string): GatewayError | undefined {
    const refusal = this.refusal();
    if (refusal === undefined && this.#refused !== undefined) {
      this.#refused.until = this.#clock.monotonic() + this.#refused.forMs;
      this.#probe = claimId;
    }
    return refusal;
  }

  /** However a probe ends, the flights that wait for it must not wait for ever. */
  endProbe(claimId: string): void {
    if (this.#probe === claimId) this.#probe = undefined;
  }

  /** Its call has ended. A probe that tells nothing leaves the next call to find out. */
  landed(claimId: string): void {
    if (this.#probe === claimId && this.#refused !== undefined) this.#refused.until = this.#clock.monotonic();
    this.endProbe(claimId);
  }

  accepted(): void {
    this.#refused = undefined;
    this.#acceptedAt = this.#clock.monotonic();
  }

  /** No call is made for so long, and then one to find out. */
  refuse(failure: GatewayError, forMs: number): void {
    this.#refused = { failure, forMs, until: this.#clock.monotonic() + forMs };
  }

  /** Whether the calls of this replica are accepted as those of a known client. */
  finding(): HealthFinding {
    const now = this.#clock.monotonic();
    if (this.#refused !== undefined) return { failing: Math.max(0, this.#refused.until - now) };
    return now - this.#acceptedAt < ACCEPTED_MS ? 'well' : 'unknown';
  }

  /** Whether the next call finds out if our credential is still refused. */
  isRefused(): boolean {
    return this.#refused !== undefined;
  }

  /** While a probe is in the air the other flights wait for what it finds. */
  isProbing(): boolean {
    return this.#probe !== undefined;
  }
}
