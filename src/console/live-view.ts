import type { Clock } from '../shared/clock.ts';
import { OtherReplicas } from './other-replicas.ts';
import type { Recorder } from './recorder.ts';
import type { Exchange } from './report.ts';
import { SECOND_MS, type Second, secondOf, sumOf } from './second.ts';

export interface LiveViewParts {
  readonly replica: string;
  readonly recorder: Pick<Recorder, 'seconds'>;
  /** What others are told has the form of this: see `FORM`. */
  readonly status: () => Promise<object>;
  /** Absent where there are no other replicas. */
  readonly exchange?: Exchange;
  readonly clock: Clock;
  /** Nobody else would hear of it: the console is no reason to end a gateway. */
  readonly onDefect: (error: unknown) => void;
}

/** What whoever watches is told each second. */
export interface Snapshot {
  /** Epoch ms. */
  readonly at: number;
  /** Which of them this is. */
  readonly replica: string;
  readonly replicas: readonly { readonly replica: string; readonly ageMs: number; readonly status: object }[];
  /** Of all replicas together, oldest first; some of them again, since other replicas report a little later. */
  readonly seconds: readonly Second[];
}

/** Within the second that has just begun: the one before is complete then, and what others tell of it has come. */
const TELL_AT_MS = 100;
const SHOW_AT_MS = 300;
const MINUTE_MS = 60 * SECOND_MS;
/** What every view goes back: reports of others come up to a second later, and may come another one later. */
const RECENT_MS = 4 * SECOND_MS;
/** How long a question holds. It is repeated each second, and two may get lost. */
const ASKED_MS = 3 * SECOND_MS;
/** A watcher is told the whole minute so often, at first and after a gap: others tell theirs only when asked. */
const WHOLE_VIEWS = 3;

interface Watcher {
  readonly tell: (view: Snapshot) => void;
  wholeViews: number;
}

/**
 * What all replicas do, second by second, for whoever watches one of them. While nobody does, nothing is sent and
 * nothing is summed up.
 */
export class LiveView {
  readonly #parts: LiveViewParts;
  readonly #watchers = new Set<Watcher>();
  readonly #others: OtherReplicas;
  readonly #unsubscribe: () => void;
  #askedUntil = Number.NEGATIVE_INFINITY;
  /** Monotonic. */
  #shownAt = Number.NEGATIVE_INFINITY;
  #cancelTurn: (() => void) | undefined;

  constructor(parts: LiveViewParts) {
    this.#parts = parts;
    this.#others = new OtherReplicas(parts.clock, { keepMs: MINUTE_MS, gapMs: RECENT_MS });
    const unsubscribe = parts.exchange?.subscribe((message) => {
      if (message.kind === 'asked') {
        if (message.from !== parts.replica) this.#safely(this.#asked(message.whole));
      } else if (this.#watchers.size > 0 && message.report.replica !== parts.replica) {
        // What it did since it was heard of is in none of its further reports.
        if (this.#others.heard(message.report) === 'gap') this.#wholeAgain();
      }
    });
    this.#unsubscribe = unsubscribe ?? (() => {});
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Tells once a second until the returned function is called, the first few times for a minute back. */
  watch(tell: (view: Snapshot) => void): () => void {
    if (this.#watchers.size === 0) this.#others.forget();
    const watcher = { tell, wholeViews: WHOLE_VIEWS };
    this.#watchers.add(watcher);
    this.#parts.exchange?.publish({ kind: 'asked', from: this.#parts.replica, whole: true });
    this.#safely(this.#view(MINUTE_MS).then((view) => void (this.#watchers.has(watcher) && tell(view))));
    this.#turnSoon();
    return () => this.#watchers.delete(watcher);
  }

  close(): void {
    this.#unsubscribe();
    this.#cancelTurn?.();
    this.#watchers.clear();
  }

  #safely(work: Promise<void>): void {
    work.catch(this.#parts.onDefect);
  }

  async #asked(whole: boolean): Promise<void> {
    this.#askedUntil = this.#parts.clock.monotonic() + ASKED_MS;
    this.#turnSoon();
    if (whole) await this.#tellOthers(MINUTE_MS);
  }

  #wholeAgain(): void {
    const { exchange, replica } = this.#parts;
    for (const watcher of this.#watchers) watcher.wholeViews = WHOLE_VIEWS;
    exchange?.publish({ kind: 'asked', from: replica, whole: true });
  }

  #turnSoon(): void {
    const { clock } = this.#parts;
    this.#cancelTurn ??= clock.after(SECOND_MS + TELL_AT_MS - (clock.now() % SECOND_MS), () => {
      this.#cancelTurn = undefined;
      this.#safely(this.#turn());
    });
  }

  /** One each second for as long as somebody watches, here or elsewhere. */
  async #turn(): Promise<void> {
    const { clock, exchange, replica } = this.#parts;
    const isAsked = clock.monotonic() < this.#askedUntil;
    if (this.#watchers.size === 0 && !isAsked) return;
    this.#turnSoon();
    if (isAsked) await this.#tellOthers(RECENT_MS);
    if (this.#watchers.size === 0) return;
    exchange?.publish({ kind: 'asked', from: replica, whole: false });
    clock.after(SHOW_AT_MS - TELL_AT_MS, () => this.#safely(this.#show()));
  }

  async #show(): Promise<void> {
    const now = this.#parts.clock.monotonic();
    // This process has stood still: what was missed is in no recent view.
    if (now - this.#shownAt > RECENT_MS) this.#wholeAgain();
    this.#shownAt = now;
    const isWholeWanted = [...this.#watchers].some(({ wholeViews }) => wholeViews > 0);
    const view = await this.#view(isWholeWanted ? MINUTE_MS : RECENT_MS);
    const from = view.at - RECENT_MS;
    const recent = isWholeWanted ? { ...view, seconds: view.seconds.filter(({ at }) => at >= from) } : view;
    for (const watcher of this.#watchers) {
      watcher.wholeViews -= 1;
      watcher.tell(watcher.wholeViews >= 0 ? view : recent);
    }
  }

  async #tellOthers(backMs: number): Promise<void> {
    const { clock, exchange, recorder, replica, status } = this.#parts;
    const at = clock.now();
    const report = { replica, at, status: await status(), seconds: recorder.seconds(at - backMs) };
    exchange?.publish({ kind: 'report', report });
  }

  async #view(backMs: number): Promise<Snapshot> {
    const { clock, recorder, replica, status } = this.#parts;
    const own = { replica, ageMs: 0, status: await status() };
    const at = clock.now();
    const seconds = new Map<number, Second[]>();
    const mine = recorder.seconds(at - backMs).map((second) => [second.at, second] as const);
    for (const [when, second] of [...mine, ...this.#others.seconds(at - backMs)]) {
      // The one that runs is not over yet.
      if (when < secondOf(at)) seconds.set(when, [...(seconds.get(when) ?? []), second]);
    }
    return {
      at,
      replica,
      replicas: [own, ...this.#others.replicas()],
      seconds: [...seconds].sort(([a], [b]) => a - b).map(([when, parts]) => sumOf(when, parts)),
    };
  }
}
