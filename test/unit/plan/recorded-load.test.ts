import { describe, expect, test } from '@jest/globals';
import { recordedLoad } from '../../../src/plan/recorded-load.ts';
import { accessLine, T0 } from './access-lines.ts';

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

const read = (...lines: string[]) => recordedLoad(from(lines));

test('a request came in before its line was written, by as long as it took, and in that order it is replayed', async () => {
  const { load } = await read(
    accessLine({ endedMs: 500, durationMs: 2, fp: 'quick', cache: 'hit' }),
    accessLine({ endedMs: 900, durationMs: 800.5, fp: 'slow', waitMs: 600 }),
  );
  expect(load?.arrivals.map(({ at, question }) => [at - T0, question.request.index])).toEqual([
    [99.5, 'slow'],
    [498, 'quick'],
  ]);
});

test('lines of anything else are skipped, and requests that never became a question are left out', async () => {
  const recorded = await read(
    '',
    'listening on 8080',
    '{"broken',
    '{"level":"info","msg":"listening"}',
    '{"msg":"request","time":"yesterday","durationMs":1,"status":200}',
    accessLine({ team: undefined, fp: undefined, status: 401, code: 'unauthenticated' }),
    accessLine({ fp: undefined, status: 400, code: 'invalid_parameter' }),
    accessLine({ fp: undefined, status: 403, code: 'forbidden_index' }),
    accessLine({ fp: undefined, route: 'other', status: 404, code: 'not_found' }),
    accessLine({ team: 'a\u001b[2J' }),
    accessLine({ fp: 'kept' }),
  );
  expect([recorded.foreign, recorded.unasked]).toEqual([4, 5]);
  expect(recorded.load?.arrivals).toHaveLength(1);
  expect((await read('nothing')).load).toBeUndefined();
});

test('what was refused for want of budget is asked again, and who hung up leaves after the same time', async () => {
  const { load, tally } = await read(
    accessLine({ status: 429, code: 'team_budget', cache: 'none' }),
    accessLine({ status: 429, code: 'shared_budget', cache: 'none' }),
    accessLine({ status: 504, code: 'deadline_exceeded', cache: 'none', durationMs: 4000 }),
    accessLine({ status: 499, code: 'client_closed', cache: 'none', durationMs: 300 }),
    accessLine({ status: 503, code: 'unavailable', cache: 'none' }),
  );
  expect(load?.arrivals.map(({ patienceMs }) => patienceMs).filter(Boolean)).toEqual([300]);
  expect(tally.total()).toMatchObject({ requests: 5, refused: 2, timedOut: 1, other: 2, miss: 0 });
});

test('the waits of those who needed a call are told as they were recorded', async () => {
  const waits = [...Array(19).fill(100), 900];
  const lines = waits.map((waitMs) => accessLine({ waitMs, durationMs: waitMs + 50 }));
  const hits = Array.from({ length: 30 }, () => accessLine({ cache: 'hit' }));
  const { tally, load } = await read(...lines, ...hits, accessLine({ cache: 'stale' }));
  const wait = { p50: 100, p95: 100, p99: 900 };
  expect(tally.total()).toMatchObject({ hit: 30, stale: 1, miss: 20, wait });
  expect(new Set(load?.latenciesMs)).toEqual(new Set([50]));
});

describe('of a question is known', () => {
  const question = async (...lines: string[]) => (await read(...lines)).load?.arrivals[0]?.question;

  test('the size of its page, which a 304 does not tell', async () => {
    const page = await question(
      accessLine({ bytes: 0, status: 304, cache: 'hit' }),
      accessLine({ bytes: 4000 }),
      accessLine({ bytes: 800, status: 429, code: 'team_budget', cache: 'none' }),
    );
    expect(page).toMatchObject({ bytes: 4000, kind: 'page' });
  });

  test('that there is no such page, or that Amperity does not accept it, unless a page was seen', async () => {
    const absent = accessLine({ status: 404, code: 'not_found', bytes: 300 });
    expect(await question(absent)).toMatchObject({ kind: 'absent' });
    expect(await question(absent, accessLine({ bytes: 10 }))).toMatchObject({ kind: 'page', bytes: 10 });
    expect(await question(accessLine({ bytes: 10 }), absent)).toMatchObject({ kind: 'page', bytes: 10 });
    const rejected = accessLine({ status: 400, code: 'upstream_rejected', cache: 'none' });
    expect(await question(rejected)).toMatchObject({ kind: 'refused' });
  });

  test('nothing when it was always refused: then its page is as large as the others', async () => {
    const refused = accessLine({ fp: 'refused', status: 429, code: 'team_budget', cache: 'none' });
    const page = await question(
      refused,
      accessLine({ fp: 'a', bytes: 1000, endedMs: 9000 }),
      accessLine({ fp: 'b', bytes: 3000, endedMs: 9000 }),
    );
    expect(page).toMatchObject({ bytes: 2000, kind: 'page' });
  });
});
