import { beforeEach, expect, test } from '@jest/globals';
import { Breakers } from '../../../src/budget/breakers.ts';
import { CoolDown } from '../../../src/budget/cool-down.ts';
import { ALONE } from '../../../src/budget/fleet-health.ts';
import { Admission } from '../../../src/serve/admission.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { LIMIT, PERMITS } from './answering.ts';
import { request, team } from './ground.ts';

let clock: ManualClock;
let asked: number;
let free: number;
let coolDown: CoolDown;
let admission: Admission;

const REPLICAS = 3;

beforeEach(() => {
  clock = new ManualClock();
  asked = 0;
  free = 10;
  coolDown = new CoolDown(clock);
  admission = new Admission({
    queue: {
      turnsAhead: async () => {
        asked += 1;
        return 0;
      },
    },
    permits: { ...PERMITS, waitMs: (turns) => Math.max(0, turns + 1 - free) * 100 },
    coolDown,
    breakers: new Breakers(clock),
    health: ALONE,
    limit: LIMIT,
    maxReplicas: REPLICAS,
    clock,
    random: () => 0,
  });
});

const admit = (maxWaitMs = 10_000) => admission.admit(request(), team('web'), maxWaitMs);

test('as many callers as there are permits to spare are let in without a question to the queue', async () => {
  const estimates = await Promise.all(Array.from({ length: 12 }, () => admit()));
  expect(asked).toBe(5);
  expect(estimates).toEqual(Array(12).fill(0));
  await clock.advance(LIMIT.windowMs);
  await admit();
  expect(asked).toBe(5);
});

test('the queue is asked for whoever has no time for what all replicas let in so', async () => {
  await admit(REPLICAS * LIMIT.windowMs);
  expect(asked).toBe(0);
  await admit(REPLICAS * LIMIT.windowMs - 1);
  expect(asked).toBe(1);
});

test('the queue is asked during a pause, when permits are free because nobody may use them', async () => {
  coolDown.pauseFor(2000);
  expect(await admit()).toBe(2000);
  expect(asked).toBe(1);
});

test('the queue is asked where no permit is free', async () => {
  await admit(1);
  expect(asked).toBe(1);
  free = 3;
  await admit();
  expect(asked).toBe(2);
});

test('whoever is turned away is told to come back for a little more room than it needs, by half a window at most', async () => {
  const toldMs = async (name: string, maxWaitMs: number): Promise<number | undefined> => {
    const refusal = await admission.admit(request(), team(name), maxWaitMs).catch((error) => error);
    return refusal instanceof GatewayError ? refusal.info.retryAfterMs : undefined;
  };
  const estimateMs = 12_000;
  free = 1 - estimateMs / 100;
  expect(await toldMs('web', 1000)).toBe(estimateMs - 1000 + 200);
  expect(await toldMs('app', 10_000)).toBe(estimateMs - 10_000 + LIMIT.windowMs / 2);
});
