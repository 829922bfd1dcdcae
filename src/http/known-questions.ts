import type { Named } from '../serve/look-up.ts';
import type { Route } from '../shared/page-request.ts';
import type { HitHeadersPlace } from './hit-headers.ts';

/** What the long way has found out about a URL, all of which follows from the URL alone, whoever asks. */
export interface KnownQuestion extends Named, HitHeadersPlace {
  readonly route: Route;
  /** With names in place of what callers chose. */
  readonly pattern: string;
  readonly fingerprint: string;
}

const MAX_BYTES = 16 * 1024 * 1024;
/** Beside the URL: the parsed request and its names. */
const OVERHEAD_BYTES = 1500;

const sizeOf = (url: string): number => 2 * url.length + OVERHEAD_BYTES;

/**
 * URLs as they were sent, with what they ask; those that were learnt first make room. They may hold personal data, as
 * the pages themselves do.
 */
export class KnownQuestions {
  readonly #known = new Map<string, KnownQuestion>();
  #bytes = 0;

  get(url: string): KnownQuestion | undefined {
    return this.#known.get(url);
  }

  put(url: string, question: KnownQuestion): void {
    if (!this.#known.has(url)) this.#bytes += sizeOf(url);
    this.#known.set(url, question);
    for (const oldest of this.#known.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#known.delete(oldest);
      this.#bytes -= sizeOf(oldest);
    }
  }

  /** Names in the store are others from now on. */
  clear(): void {
    this.#known.clear();
    this.#bytes = 0;
  }
}
