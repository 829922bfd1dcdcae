import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { accessLine } from '../../../src/http/access-line.ts';

const word = fc.stringMatching(/^[A-Za-z0-9:/._-]{1,40}$/);
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });
const amounts = fc.double({ min: 0, max: 1e7, noNaN: true });
const contexts = fc.record({
  requestId: word,
  traceId: word,
  startedAt: amounts,
  route: fc.constant('profiles' as const),
  pattern: word,
  team: maybe(word),
  keyId: maybe(word),
  index: maybe(fc.constant('never shown')),
  fingerprint: maybe(word),
  cache: fc.constantFrom('hit' as const, 'none' as const),
  waitedMs: amounts,
  expectedMs: maybe(amounts),
  profiles: maybe(fc.nat()),
  bytes: maybe(fc.nat()),
  code: maybe(word),
  isCut: fc.boolean(),
});
const endings = fc.record({
  time: fc.constant('2026-11-26T10:00:00.000Z'),
  method: word,
  status: fc.nat(599),
  code: maybe(word),
  durationMs: amounts,
  bytes: fc.nat(),
});

test('a line is the JSON of what is known of a request, in a fixed order', () => {
  fc.assert(
    fc.property(contexts, endings, (context, ending) => {
      const { bytes, code, durationMs, method, status, time } = ending;
      const { cache, expectedMs, fingerprint, keyId, pattern, profiles, requestId, team, traceId } = context;
      const fields = {
        level: 'info',
        time,
        requestId,
        traceId,
        method,
        route: pattern,
        status,
        code,
        team,
        keyId,
        cache,
        durationMs: Math.round(durationMs * 10) / 10,
        waitMs: Math.round(context.waitedMs),
        expectedMs: expectedMs === undefined ? undefined : Math.round(expectedMs),
        bytes,
        profiles,
        fp: fingerprint,
        msg: 'request',
      };
      expect(accessLine(context, ending)).toBe(`${JSON.stringify(fields)}\n`);
    }),
  );
});
