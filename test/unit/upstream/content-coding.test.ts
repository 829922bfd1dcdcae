import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ACCEPT_ENCODING, decodeContent } from '../../../src/upstream/content-coding.ts';

const TEXT = Buffer.from('{"data":[]}'.repeat(20));

describe('a body', () => {
  test.each([
    ['gzip', gzipSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['identity', TEXT],
    [undefined, TEXT],
  ])('coded as %s is decoded', async (coding, body) => {
    expect(await decodeContent(body, coding, 10_000)).toEqual(TEXT);
  });

  test.each([
    ['deflate', deflateSync(TEXT)],
    ['zstd', TEXT],
    ['gzip, gzip', gzipSync(gzipSync(TEXT))],
    ['', TEXT],
    [['gzip'], gzipSync(TEXT)],
  ])('coded as %p, which was not asked for, is none', async (coding, body) => {
    expect(await decodeContent(body, coding, 10_000)).toBeUndefined();
  });

  test.each([
    ['gzip', gzipSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
  ])('coded as %s that is cut off or damaged is none', async (coding, whole) => {
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 4, 12);
    for (const body of [whole.subarray(0, -9), damaged, TEXT, Buffer.alloc(0)]) {
      expect(await decodeContent(body, coding, 10_000)).toBeUndefined();
    }
  });
});

describe('a small body that would become a large one', () => {
  test.each([
    ['gzip', gzipSync(Buffer.alloc(10_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(10_000_000))],
  ])('is none, coded as %s, and takes no memory', async (coding, bomb) => {
    expect(bomb.length).toBeLessThan(20_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(await decodeContent(bomb, coding, 1_000_000)).toBeUndefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
  });

  test.each(['gzip', 'br'])('is one up to the last byte allowed, coded as %s', async (coding) => {
    const body = coding === 'gzip' ? gzipSync(TEXT) : brotliCompressSync(TEXT);
    expect(await decodeContent(body, coding, TEXT.length)).toEqual(TEXT);
    expect(await decodeContent(body, coding, TEXT.length - 1)).toBeUndefined();
  });
});

test('every coding that is asked for can be undone', async () => {
  const coders: Record<string, (body: Buffer) => Buffer> = { gzip: gzipSync, br: brotliCompressSync };
  for (const coding of ACCEPT_ENCODING.split(', ')) {
    const code = coders[coding];
    expect(code && (await decodeContent(code(TEXT), coding, 10_000))).toEqual(TEXT);
  }
});
