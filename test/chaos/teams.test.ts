import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import type { Answered } from './teams/connection.ts';
import { Expected } from './teams/expected.ts';
import { Judge } from './teams/judge.ts';
import { POLICIES } from './teams/policies.ts';
import { DATA, runTeams } from './teams/run.ts';
import { readTruth, type Truth } from './teams/truth.ts';

test('six teams are answered what each of them may see, whoever hangs up and whatever breaks', async () => {
  const { tally, troubles, hung } = await runTeams({
    answers: 6000,
    seed: 1,
    troubleEveryMs: 500,
    freshMs: 1500,
  });
  expect([...tally.wrong, ...tally.examples]).toEqual([]);
  expect([hung, tally.cutOff]).toEqual([0, 0]);
  for (const { name } of POLICIES) expect(tally.checkedOf(name)).toBeGreaterThan(600);
  const ways = [...tally.ways.keys()];
  for (const way of ['hit 200', 'hit 304', 'miss 200', 'collapsed 200', 'stale-while-revalidate 200'])
    expect(ways).toContain(way);
  expect(tally.fetched).toBeGreaterThan(600);
  expect(tally.hungUp).toBeGreaterThan(50);
  expect(troubles.size).toBeGreaterThan(2);
}, 180_000);

describe('the judge of that finds', () => {
  let simulator: SimulatorHandle;
  let truth: Truth;
  const maskKey = Buffer.alloc(32, 7);
  beforeAll(async () => {
    simulator = await spawnSimulator({ preset: 'test', ...DATA });
    truth = await readTruth(simulator.dataUrl);
  });
  afterAll(() => simulator.stop());

  const team = (name: string): Expected => {
    const policy = POLICIES.find((each) => each.name === name);
    if (policy === undefined) throw new Error('no such team');
    return new Expected(policy, truth, maskKey);
  };
  /** A page of several profiles that leads on. */
  const pageOf = (index: string) => {
    const page = truth.pages.find(
      (each) => each.index === index && each.ids.length === 5 && each.next.length > 0,
    );
    if (page === undefined) throw new Error('no such page');
    return page;
  };
  const page = () => pageOf('idx-loyalty');
  const bodyOf = (seer: Expected, asked = page()): string =>
    `{"next_token":"${asked.next[0]}",${seer.rest(asked).toString()}`;
  const answer = (body: string, etag = 'W/"1"', status = 200): Answered => ({
    status,
    headers: new Map([['etag', etag]]),
    body: Buffer.from(body),
  });
  const ask = (seer: Expected, more: object = {}) =>
    ({ kind: 'page', team: seer, page: page(), withTotal: false, tags: [], isHead: false, ...more }) as const;

  test('nothing in what is right', () => {
    for (const { name } of POLICIES)
      expect(new Judge().check(ask(team(name)), answer(bodyOf(team(name))))).toBeUndefined();
  });

  test.each([
    ['what another team sees', () => bodyOf(team('whole')), 'an attribute the team is not shown'],
    [
      'one attribute more',
      (seer: Expected) => bodyOf(seer).replace('"city"', '"country"'),
      'an attribute the team is not shown',
    ],
    [
      'another text of a person',
      (seer: Expected) => bodyOf(seer).replace(/"first_name":"\w+"/, '"first_name":"Somebody"'),
      'another profile, or one with values of another',
    ],
    [
      'profiles of another index',
      (seer: Expected) => bodyOf(seer, pageOf('idx-extra-0001')),
      'another profile, or one with values of another',
    ],
    [
      'one attribute less',
      (seer: Expected) => bodyOf(seer).replace(/,"city":"[^"]*"/, ''),
      'something missing',
    ],
    [
      'a cursor of somewhere else',
      (seer: Expected) => bodyOf(seer).replace(/"next_token":"./, '"next_token":"A'),
      'other bytes',
    ],
    [
      'a total nobody asked for',
      (seer: Expected) => bodyOf(seer).replace('{', '{"total":200,'),
      'other bytes',
    ],
    ['half of a page', (seer: Expected) => bodyOf(seer).slice(0, 300), 'other bytes'],
  ])('%s', (_, body, fault) => {
    const seer = team('last4');
    expect(new Judge().check(ask(seer), answer(body(seer)))?.fault).toBe(fault);
  });

  test('a validator of two teams, and a 304 to who has seen something else', () => {
    const judge = new Judge();
    const [few, blind] = [team('few'), team('blind')];
    expect(judge.check(ask(few), answer(bodyOf(few), 'W/"a"'))).toBeUndefined();
    expect(judge.check(ask(blind), answer(bodyOf(blind), 'W/"a"'))?.fault).toMatch(/validator/);
    const tags = { tags: ['W/"a"'] };
    expect(judge.check(ask(few, tags), answer('', 'W/"a"', 304))).toBeUndefined();
    expect(judge.check(ask(blind, tags), answer('', 'W/"a"', 304))?.fault).toMatch(/^304/);
  });

  test('an export with somebody else in it, and an answer where there should be none', () => {
    const seer = team('last4');
    const [result, other] = truth.results.filter(
      ({ ids, index }) => ids.length > 2 && index === 'idx-loyalty',
    );
    if (result === undefined || other === undefined) throw new Error('no such results');
    const judge = new Judge();
    const exported = (text: string, format: 'csv' | 'ndjson') =>
      judge.check({ kind: 'export', team: seer, result, format }, answer(text));
    expect(exported(seer.ndjson(result), 'ndjson')).toBeUndefined();
    expect(exported(team('few').ndjson(result), 'ndjson')).toBeDefined();
    expect(exported(seer.ndjson(other), 'ndjson')).toBeDefined();
    expect(exported('id,index_id,country\r\n', 'csv')?.fault).toBe('an attribute the team is not shown');
    expect(judge.check({ kind: 'refusal', team: seer, status: 403 }, answer('{}'))).toBeDefined();
  });
});
