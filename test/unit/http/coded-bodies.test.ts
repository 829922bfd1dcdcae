import { randomBytes } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { CodedBodies } from '../../../src/http/coded-bodies.ts';
import type { Answer } from '../../../src/serve/answer.ts';
import { PreparedBodies } from '../../../src/shared/prepared-bodies.ts';

const UNTIL = 5000;

function answerOf(body: Buffer, etag = 'W/"a"'): Answer {
  const times = { storedAt: 0, freshUntil: 1, staleUntil: UNTIL, errorUntil: UNTIL - 1 };
  return { page: { status: 200, count: 1, ...times }, body, etag, delivery: { cache: 'hit' }, waitedMs: 0 };
}

const profiles = (count: number): Buffer =>
  Buffer.from(
    JSON.stringify(
      Array.from({ length: count }, (_, at) => ({ id: `m-${at}`, city: 'Ulm', email: `${at}@x.example` })),
    ),
  );

describe('a content coding', () => {
  const coded = new CodedBodies(new PreparedBodies(100_000));

  test.each([
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'],
    ['GZIP', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['*', 'br'],
    ['identity, gzip;q=0.5', undefined],
    ['gzip;q=0', undefined],
    ['deflate', undefined],
    ['', undefined],
    ['*;q=0', undefined],
    [undefined, undefined],
  ])('for Accept-Encoding: %s is %s', (header, expected) => {
    for (let again = 0; again < 2; again += 1) expect(coded.choice(header)).toBe(expected);
  });

  test('is none where it is turned off', () => {
    expect(new CodedBodies(new PreparedBodies(100_000), false).choice('br')).toBeUndefined();
  });

  test('is chosen alike after more different headers than are remembered', () => {
    for (let number = 0; number < 300; number += 1) expect(coded.choice(`x${number}, gzip`)).toBe('gzip');
  });
});

describe('a compressed answer', () => {
  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('by %s is the answer, smaller, and made once', async (coding, decompress) => {
    const coded = new CodedBodies(new PreparedBodies(100_000));
    const answer = answerOf(profiles(100));
    expect(coded.held(answer, coding)).toBeUndefined();
    const [one, other] = await Promise.all([coded.of(answer, coding), coded.of(answer, coding)]);
    expect(one.bytes).toBe(other.bytes);
    expect(one.coding).toBe(coding);
    expect(one.bytes.length).toBeLessThan(answer.body.length / 3);
    expect(decompress(one.bytes)).toEqual(answer.body);
    expect(coded.held(answer, coding)?.bytes).toBe(one.bytes);
  });

  test('is that of its own bytes', async () => {
    const coded = new CodedBodies(new PreparedBodies(100_000));
    const [one, other] = [answerOf(profiles(100)), answerOf(profiles(101), 'W/"b"')];
    await coded.of(one, 'br');
    expect(coded.held(other, 'br')).toBeUndefined();
    expect(brotliDecompressSync((await coded.of(other, 'br')).bytes)).toEqual(other.body);
    expect(coded.held(one, 'gzip')).toBeUndefined();
  });

  test.each([
    ['is small', profiles(80)],
    ['does not shrink', randomBytes(5000)],
  ])('is sent as it is where it %s', async (_why, body) => {
    const coded = new CodedBodies(new PreparedBodies(100_000));
    const answer = answerOf(body);
    expect(await coded.of(answer, 'br')).toEqual({ bytes: body });
    expect(coded.held(answer, 'br')).toEqual({ bytes: body });
  });

  test('is over when its page is', async () => {
    const prepared = new PreparedBodies(100_000);
    const coded = new CodedBodies(prepared);
    const answer = answerOf(profiles(100));
    await coded.of(answer, 'br');
    prepared.sweep(UNTIL - 1);
    expect(coded.held(answer, 'br')).toBeDefined();
    prepared.sweep(UNTIL);
    expect(coded.held(answer, 'br')).toBeUndefined();
  });

  test('is not kept when somebody is purged while it is made, or when its page is not kept', async () => {
    const prepared = new PreparedBodies(100_000);
    const coded = new CodedBodies(prepared);
    const answer = answerOf(profiles(100));
    const making = coded.of(answer, 'br');
    prepared.clear();
    expect((await making).coding).toBe('br');
    expect(coded.held(answer, 'br')).toBeUndefined();
    const fleeting = { ...answer, page: { ...answer.page, staleUntil: 0, errorUntil: 0 } };
    await coded.of(fleeting, 'br');
    expect(coded.held(fleeting, 'br')).toBeUndefined();
  });

  test('is made of four at a time; whoever comes beside them gets the bytes as they are', async () => {
    const coded = new CodedBodies(new PreparedBodies(1_000_000));
    const answers = Array.from({ length: 8 }, (_, number) =>
      answerOf(profiles(100 + number), `W/"${number}"`),
    );
    const first = await Promise.all(
      [...answers, ...answers.slice(0, 4)].map((answer) => coded.of(answer, 'br')),
    );
    const codings = first.map(({ coding }) => coding ?? 'none');
    expect(codings).toEqual([...Array(4).fill('br'), ...Array(4).fill('none'), ...Array(4).fill('br')]);
    expect((await coded.of(answers[7] as Answer, 'br')).coding).toBe('br');
  });

  test('is made each time where nothing may be kept', async () => {
    const coded = new CodedBodies(new PreparedBodies(0));
    const answer = answerOf(profiles(100));
    const [one, other] = [await coded.of(answer, 'br'), await coded.of(answer, 'br')];
    expect(one.bytes).not.toBe(other.bytes);
    expect(one).toEqual(other);
  });
});
