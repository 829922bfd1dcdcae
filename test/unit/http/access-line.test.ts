import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { accessLine } from '../../../src/http/access-line.ts';

const word = fc.stringMatching(/^[A-Za-z0-9:/._-]{1,40}$/);
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined });
const amount = fc.double({ min: 0, max: 1e7, noNaN: true });
const fields = fc.record({
  requestId: word,
  traceId: word,
  method: word,
  route: word,
  status: fc.nat(599),
  code: maybe(word),
  team: maybe(word),
  keyId: maybe(word),
  cache: word,
  durationMs: amount,
  waitMs: fc.nat(),
  expectedMs: maybe(fc.nat()),
  bytes: fc.nat(),
  profiles: maybe(fc.nat()),
  fp: maybe(word),
});

test('a line is the JSON of its fields, in their order, less those that are not known', () => {
  fc.assert(
    fc.property(fields, (given) => {
      const time = '2026-11-26T10:00:00.000Z';
      expect(accessLine(given, time)).toBe(
        `${JSON.stringify({ level: 'info', time, ...given, msg: 'request' })}\n`,
      );
    }),
  );
});
