import type { Answer } from '../serve/answer.ts';
import type { Coded } from './coded-bodies.ts';
import type { HeaderList } from './response-headers.ts';

/** What is sent of an answer that was found, beside what is said about where it came from. */
export interface Reply {
  readonly status: 200 | 304;
  readonly headers: HeaderList;
  readonly body: Buffer | undefined;
}

/** A weak validator is the same in every content coding (RFC 9110 §8.8.3). */
export const notModifiedReply = ({ etag }: Answer): Reply => ({
  status: 304,
  headers: ['ETag', etag],
  body: undefined,
});

export const wholeReply = ({ etag }: Answer, { bytes, coding }: Coded): Reply => ({
  status: 200,
  headers: [
    'ETag',
    etag,
    'Content-Type',
    'application/json',
    ...(coding === undefined ? [] : ['Content-Encoding', coding]),
    'Content-Length',
    String(bytes.length),
  ],
  body: bytes,
});
