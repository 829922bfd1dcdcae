import { describe, expect, test } from '@jest/globals';
import { adoptNames, createContext } from '../../../src/http/request-context.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

test('a request has ids of its own, never the same twice', () => {
  const contexts = Array.from({ length: 100 }, () => createContext(0));
  for (const { requestId, traceId } of contexts) {
    expect(requestId).toMatch(UUID);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  }
  expect(new Set(contexts.map(({ requestId }) => requestId)).size).toBe(100);
  expect(new Set(contexts.map(({ traceId }) => traceId)).size).toBe(100);
});

test('nothing is known of a request that has just come', () => {
  expect(createContext(42)).toMatchObject({
    startedAt: 42,
    route: 'other',
    pattern: 'other',
    team: undefined,
    cache: 'none',
    waitedMs: 0,
  });
});

describe('a trace is gone on with', () => {
  const traced = (traceparent: string) => {
    const context = createContext(0);
    adoptNames(context, { requestId: undefined, traceparent });
    return context.traceId;
  };

  test('when the caller sends one', () => {
    expect(traced(`00-${TRACE}-${SPAN}-01`)).toBe(TRACE);
  });

  test.each([
    ['of another version', `01-${TRACE}-${SPAN}-01`],
    ['of all zeroes', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['with a parent of all zeroes', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['in capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['that is too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['with more behind it', `00-${TRACE}-${SPAN}-01-x`],
    ['of two lines', `00-${TRACE}-${SPAN}-01\n`],
    ['that is empty', ''],
  ])('but not with one %s', (_what, traceparent) => {
    const traceId = traced(traceparent);
    expect(traceId).not.toBe(TRACE);
    expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
  });
});

describe('a caller’s own request id', () => {
  const adopted = (id: string | string[]) => {
    const context = createContext(0);
    adoptNames(context, { requestId: id, traceparent: undefined });
    return context.requestId;
  };

  test.each(['12345678', 'A.b_c-D.9', 'x'.repeat(64)])('%s is taken over', (id) => {
    expect(adopted(id)).toBe(id);
  });

  test.each([
    ['too short', '1234567'],
    ['too long', 'x'.repeat(65)],
    ['with a blank', 'abcd efgh'],
    ['with a line break', 'abcdefgh\n'],
    ['with markup', '<b>abcdefgh'],
    ['not ASCII', 'äbcdefgh'],
    ['empty', ''],
    ['sent twice', ['12345678', '12345678']],
  ])('%s is not', (_what, id) => {
    expect(adopted(id)).toMatch(UUID);
  });
});
