/**
 * What replicas tell each other about flights. Delivery is at most once: whoever waits for a signal must also
 * be able to do without it.
 *
 * @typeParam T what a settled flight brings to its waiters
 */
export type Signal<T> =
  /** A flight waits for a permit. */
  | { readonly kind: 'queued'; readonly key: string }
  /** A flight waits that the replica whose callers wait for it leaves to others. */
  | { readonly kind: 'offered'; readonly key: string }
  /** The flight left the queue: its waiters' deadlines stand still while it is in the air. */
  | { readonly kind: 'claimed'; readonly key: string }
  /** The flight is not in the air any more: its waiters' deadlines run on. It is `queued` when it can be claimed. */
  | { readonly kind: 'requeued'; readonly key: string }
  /** Without an outcome it was another replica's, and has to be looked up: only names travel. */
  | { readonly kind: 'settled'; readonly key: string; readonly outcome?: T }
  /** There is a new generation: what is stored has to be looked at by it. */
  | { readonly kind: 'outdated' }
  /** Amperity has refused a call of some replica: nobody calls it for so long. */
  | { readonly kind: 'paused'; readonly forMs: number };

export interface Signals<T> {
  /** Never throws and never waits. */
  publish(signal: Signal<T>): void;
  /** Calls `listener` for every signal, this replica's own included, until the returned function is called. */
  subscribe(listener: (signal: Signal<T>) => void): () => void;
}
