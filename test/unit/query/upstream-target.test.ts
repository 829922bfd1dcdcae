import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodePathSegment } from '../../../src/query/path-segment.ts';
import { parsePageRequest } from '../../../src/query/profile-query.ts';
import { splitQuery } from '../../../src/query/query-string.ts';
import { assertTarget, upstreamTarget } from '../../../src/query/upstream-target.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';
import { pageRequests } from './arbitraries.ts';
import { refusalOf } from './refusal.ts';

const raw = { rawBrackets: true };
const bases = ['https://acme.amperity.com/api', 'https://acme.amperity.com/api/', 'http://127.0.0.1:4010'];

/** Reads a target back as a server would: path segments, then the text after the first `?`. */
function readBack(target: string): PageRequest {
  const mark = target.indexOf('?');
  const [path, rawQuery] = mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
  const [, , index, profiles, profile] = path.split('/').map((segment) => decodePathSegment(segment));
  const route =
    profile !== undefined ? 'profile' : profiles ? 'profiles' : index !== undefined ? 'index' : 'indexes';
  return parsePageRequest({ route, parameters: splitQuery(rawQuery), index, profile });
}

describe('the target', () => {
  test('of the documented query is the documented one', () => {
    const request: PageRequest = {
      route: 'profiles',
      index: 'idx-loyalty',
      filters: [
        ['first_name', 'Daniel'],
        ['last_name', 'Kulhman'],
      ],
      limit: 100,
      nextToken: 'a+b/c=',
      withTotal: true,
    };
    expect(upstreamTarget(request, raw)).toBe(
      '/indexes/idx-loyalty/profiles?limit=100&with_total=true' +
        '&filter[first_name]=Daniel&filter[last_name]=Kulhman&next_token=a%2Bb%2Fc%3D',
    );
    expect(upstreamTarget(request, { rawBrackets: false })).toContain('&filter%5Bfirst_name%5D=Daniel&');
  });

  test.each<[string, PageRequest]>([
    ['/indexes', { route: 'indexes', filters: [], withTotal: false }],
    ['/indexes?limit=5', { route: 'indexes', filters: [], limit: 5, withTotal: false }],
    ['/indexes/i', { route: 'index', index: 'i', filters: [], withTotal: false }],
    ['/indexes/i/profiles', { route: 'profiles', index: 'i', filters: [], withTotal: false }],
    [
      '/indexes/i/profiles/p%2Fq%20%2B',
      { route: 'profile', index: 'i', profile: 'p/q +', filters: [], withTotal: false },
    ],
  ])('%s', (target, request) => {
    expect(upstreamTarget(request, raw)).toBe(target);
  });

  test('writes a space as %20 and a plus as %2B, and leaves : $ , encoded', () => {
    const filters = [['a', 'x y+z:$,&=#%é']] as const;
    expect(upstreamTarget({ route: 'profiles', index: 'i', filters, withTotal: false }, raw)).toBe(
      '/indexes/i/profiles?filter[a]=x%20y%2Bz%3A%24%2C%26%3D%23%25%C3%A9',
    );
  });

  test('read back is the request, for any request and either spelling of brackets', () => {
    fc.assert(
      fc.property(pageRequests, fc.boolean(), (request, rawBrackets) => {
        expect(readBack(upstreamTarget(request, { rawBrackets }))).toEqual(request);
      }),
      { numRuns: 3000 },
    );
  });

  test('of any request passes the check, on any base, and a URL client sends it as it is', () => {
    fc.assert(
      fc.property(pageRequests, fc.constantFrom(...bases), (request, base) => {
        const target = upstreamTarget(request, raw);
        assertTarget(new URL(base), target);
        // `'` is the one character that the URL standard encodes and encodeURIComponent does not.
        const sent = new URL(base.replace(/\/$/, '') + target).href;
        expect(sent.endsWith(target.replaceAll(/(?<=\?.*)'/g, '%27'))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the check before sending', () => {
  const parsed = (fields: Partial<PageRequest>): PageRequest => ({
    route: 'profile',
    index: 'i',
    profile: 'p',
    filters: [],
    withTotal: false,
    ...fields,
  });
  test.each([
    ['a profile id ..', upstreamTarget(parsed({ profile: '..' }), raw)],
    ['a profile id .', upstreamTarget(parsed({ profile: '.' }), raw)],
    ['an index id ..', upstreamTarget(parsed({ index: '..' }), raw)],
    ['an empty index id', upstreamTarget(parsed({ index: '' }), raw)],
    ['an empty profile id', upstreamTarget(parsed({ profile: '' }), raw)],
    ['encoded dots', '/indexes/%2e%2e/profiles'],
    ['an absolute URL', 'https://evil.example/indexes'],
    ['a network path', '//evil.example/indexes'],
    ['another authority', '@evil.example/indexes'],
    ['another port', ':8080/indexes'],
    ['a longer host', '.evil.example/indexes'],
    ['another path', '/v0/oauth2/token'],
    ['a deeper path', '/indexes/i/profiles/p/q'],
    ['a backslash', '/indexes/i\\..\\profiles'],
    ['a tab, which URL clients drop', '/indexes/i\t/profiles'],
    ['a fragment', '/indexes?limit=1#x'],
    ['nothing', ''],
  ])('refuses %s', (_, target) => {
    for (const base of bases) {
      const error = refusalOf(() => assertTarget(new URL(base), target));
      expect(error.code).toBe('internal');
      expect(error.message).not.toContain('evil');
    }
  });
});
