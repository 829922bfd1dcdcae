import type { Answer } from '../serve/answer.ts';
import { type AnswerHeaderRights, answerHeaders, type HeaderList } from './response-headers.ts';

interface Told {
  /** Of the page: not the page itself, which would stay in memory with its bytes when every store has let it go. */
  readonly bornAt: number;
  readonly freshUntil: number;
  readonly cache: string;
  readonly rights: AnswerHeaderRights;
  /** Epoch ms; before and after, an age or a time left is another. */
  readonly from: number;
  readonly until: number;
  readonly headers: HeaderList;
}

/** Where those of a page are kept, ready for the next hit in the same second. */
export interface HitHeadersPlace {
  told?: Told;
}

/** What `answerHeaders` gives for a hit, fresh or stale and refreshed behind, `now` in whole milliseconds. Whole seconds are told, so a page that is hit often has them a thousand times. */
export function hitHeaders(
  place: HitHeadersPlace,
  answer: Answer,
  now: number,
  rights: AnswerHeaderRights,
): HeaderList {
  const { freshUntil, madeAt, storedAt } = answer.page;
  const bornAt = madeAt ?? storedAt;
  const known = place.told;
  const { cache } = answer.delivery;
  const isOfPage = known?.bornAt === bornAt && known.freshUntil === freshUntil && known.cache === cache;
  if (isOfPage && known.rights === rights && known.from <= now && now < known.until) return known.headers;
  const headers = answerHeaders(answer, now, rights);
  const sinceMs = now - bornAt;
  const leftMs = freshUntil - now;
  // Rounded down, the one changes with the next whole second, the other with the millisecond after it.
  const until = now + Math.min(1000 - positive(sinceMs), Math.floor(positive(leftMs)) + 1);
  place.told = { bornAt, freshUntil, cache, rights, from: now, until, headers };
  return headers;
}

/** Part of a second, also of a negative time. */
const positive = (ms: number): number => ((ms % 1000) + 1000) % 1000;
