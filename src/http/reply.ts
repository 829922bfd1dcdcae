import type { Answer } from '../serve/answer.ts';
import { notModified } from './conditional.ts';
import type { HeaderList } from './response-headers.ts';

/** What is sent of an answer that was found, beside what is said about where it came from. */
export interface Reply {
  readonly status: 200 | 304;
  readonly headers: HeaderList;
  readonly body: Buffer | undefined;
}

/** @param ifNoneMatch as it was sent, where it counts */
export function replyOf({ body, etag }: Answer, ifNoneMatch: string | undefined): Reply {
  if (notModified(ifNoneMatch, etag)) return { status: 304, headers: ['ETag', etag], body: undefined };
  return {
    status: 200,
    headers: ['ETag', etag, 'Content-Type', 'application/json', 'Content-Length', String(body.length)],
    body,
  };
}
