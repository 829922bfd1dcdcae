import { describe, expect, test } from '@jest/globals';
import { SignedCursors } from '../../../src/query/signed-cursors.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import { problemsOf } from './refusal.ts';

const scope = { tenant: 'acme', apiVersion: '2025-07-31' };
const key = (kid: string, fill: number) => ({ kid, key: Buffer.alloc(32, fill) });
const cursors = new SignedCursors(scope, () => [key('a', 1)]);
const asked: PageRequest = {
  route: 'profiles',
  index: 'i',
  filters: [['city', 'Rome']],
  limit: 10,
  withTotal: false,
};
const page = (cursor: unknown) =>
  Buffer.from(JSON.stringify({ data: [1], next_token: cursor }, undefined, 1));
const cursorIn = (body: Buffer): string => JSON.parse(body.toString()).next_token;
const signed = cursorIn(cursors.sign(asked, page('abc+/=')));
const refused = (request: PageRequest, by = cursors) => problemsOf(() => by.verify(request));

describe('a cursor', () => {
  test('is handed out signed, and is Amperity’s own again when it comes back', () => {
    expect(signed).toMatch(/^abc\+\/=~[\w-]{22}$/);
    expect(cursors.verify({ ...asked, nextToken: signed })).toEqual({ ...asked, nextToken: 'abc+/=' });
  });

  test('is good for another page size and with the total, as before', () => {
    const other = { ...asked, limit: 99, withTotal: true, nextToken: signed };
    expect(cursors.verify(other).nextToken).toBe('abc+/=');
  });

  test.each<[string, Partial<PageRequest>]>([
    ['another index', { index: 'j' }],
    ['another filter', { filters: [['city', 'Bonn']] }],
    ['no filter', { filters: [] }],
    [
      'more filters',
      {
        filters: [
          ['city', 'Rome'],
          ['name', 'x'],
        ],
      },
    ],
    ['another parameter', { extras: [['fields', 'a']] }],
    ['a cursor of Amperity’s', { nextToken: 'abc+/=' }],
    ['another cursor with this signature', { nextToken: signed.replace('abc', 'abd') }],
    ['half a signature', { nextToken: signed.slice(0, -1) }],
    ['nothing but a signature', { nextToken: signed.slice(signed.indexOf('~')) }],
  ])('is refused for %s', (_, change) => {
    expect(refused({ ...asked, nextToken: signed, ...change })).toEqual([
      'next_token: must be one that this gateway handed out for this index and these filters',
    ]);
  });

  test('of another tenant is refused, and one by an older key is good', () => {
    const sandbox = new SignedCursors({ ...scope, tenant: 'acme-sb' }, () => [key('a', 1)]);
    expect(refused({ ...asked, nextToken: signed }, sandbox)).toHaveLength(1);
    const rotated = new SignedCursors(scope, () => [key('b', 2), key('a', 1)]);
    expect(rotated.verify({ ...asked, nextToken: signed }).nextToken).toBe('abc+/=');
    expect(cursorIn(rotated.sign(asked, page('abc+/=')))).not.toBe(signed);
  });
});

test('a page without a cursor, or with an empty one, is left as it is', () => {
  for (const body of [Buffer.from('{"data":[]}'), page(null), page('')]) {
    expect(cursors.sign(asked, body)).toBe(body);
  }
  expect(cursors.verify(asked)).toBe(asked);
});

test('every byte but the cursor’s stays', () => {
  const body = Buffer.from('{ "total":1, "next_token" : "x" , "data":[ 1.0 ] }');
  const mac = cursorIn(cursors.sign(asked, body)).slice(2);
  expect(cursors.sign(asked, body).toString()).toBe(
    `{ "total":1, "next_token" : "x~${mac}" , "data":[ 1.0 ] }`,
  );
});
