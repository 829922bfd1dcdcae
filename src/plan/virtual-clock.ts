import type { Clock } from '../shared/clock.ts';
import { TimerHeap } from './timer-heap.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  fn: (() => void) | undefined;
}

/**
 * A clock whose time jumps from one timer to the next. Whatever a timer sets off by promises is over before time
 * moves on, so code under it sees the instants it would see on a machine that is infinitely fast.
 */
export class VirtualClock implements Clock {
  readonly #epochMs: number;
  readonly #timers = new TimerHeap<Timer>();
  #elapsedMs = 0;
  #set = 0;

  /** @param epochMs the wall clock at the start */
  constructor(epochMs: number) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#epochMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer: Timer = { at: this.#elapsedMs + Math.max(0, delayMs), order: this.#set++, fn };
    this.#timers.push(timer);
    // Left in the heap, from where it is dropped in its turn: to find it there would cost more.
    return () => {
      timer.fn = undefined;
    };
  }

  /** Lets time pass until `isOver` or until nothing is left that could happen. */
  async run(isOver: () => boolean): Promise<void> {
    await settled();
    while (!isOver()) {
      const timer = this.#timers.pop();
      if (timer === undefined) return;
      const { fn } = timer;
      if (fn === undefined) continue;
      this.#elapsedMs = timer.at;
      fn();
      await settled();
    }
  }
}

/**
 * Resolves when no promise has anything left to do. Node runs a tick only after the queue of microtasks is empty,
 * and, unlike a turn of the event loop, it costs no system call: there are several million of these in a long run.
 */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
