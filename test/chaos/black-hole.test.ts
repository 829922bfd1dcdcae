import { afterEach, describe, expect, test } from '@jest/globals';
import { FLOOD } from '../support/spawn-gateway.ts';
import { Backlog, later, rate } from './backlog.ts';
import { cold, Fleet } from './fleet.ts';

let fleet: Fleet;
afterEach(() => fleet?.stop());

const TEAMS = ['a', 'b', 'c'];
const OPTIONS = {
  settings: { ...FLOOD, upstream: { attempts: 1 } },
  teams: Object.fromEntries(TEAMS.map((team) => [team, {}])),
  knobs: { 'latency.preset': 'off' },
};

/** Where nothing listens: port 9 is that of the discard service. */
const NOWHERE = 'http://127.0.0.1:9/api';

describe.each([
  ['cannot reach Amperity', { AMPERITY_BASE_URL: NOWHERE }, 502, 20],
  ['has a credential that is refused', { AMPERITY_TOKEN: 'not-a-token' }, 502, 20],
  [
    'is given no token',
    {
      AMPERITY_TOKEN: '',
      AMPERITY_CLIENT_ID: 'a-client',
      AMPERITY_CLIENT_SECRET: 'a-secret',
      AMPERITY_TOKEN_URL: 'http://127.0.0.1:9/token',
    },
    502,
    20,
  ],
])('a replica that %s', (_what, env, status, mostFailed) => {
  test('fails few flights, and then leaves its own to the others, at full rate', async () => {
    fleet = await Fleet.start({ ...OPTIONS, envOf: { 2: env } });
    const load = new Backlog(fleet, TEAMS);
    await new Promise((resolve) => setTimeout(resolve, 9000));
    const { at, most } = await fleet.calls();
    const failed = load.statuses.get(status) ?? 0;
    await load.end();
    expect(most).toBeLessThanOrEqual(10);
    expect(failed).toBeLessThanOrEqual(mostFailed);
    expect(load.statuses.get(200)).toBeGreaterThan(50);
    expect(rate(later(at, (at.at(-1) ?? 0) - 4000))).toBeGreaterThanOrEqual(8.5);
    // Whoever asks there alone is answered as well.
    expect((await fleet.get(cold('alone'), 2, { team: 'a' })).status).toBe(200);
  }, 60_000);
});

test('a replica that loses its way to Amperity while it is at work fails few flights, too', async () => {
  fleet = await Fleet.start({ ...OPTIONS, detour: 2 });
  const load = new Backlog(fleet, TEAMS);
  await new Promise((resolve) => setTimeout(resolve, 8000));
  expect([...load.statuses.keys()]).toEqual([200]);
  fleet.detour?.refuse(true);
  await new Promise((resolve) => setTimeout(resolve, 6000));
  const { at, most } = await fleet.calls();
  const failed = load.statuses.get(502) ?? 0;
  await load.end();
  expect(most).toBeLessThanOrEqual(10);
  expect(failed).toBeLessThanOrEqual(20);
  expect(rate(later(at, (at.at(-1) ?? 0) - 3000))).toBeGreaterThanOrEqual(8.5);
}, 60_000);

test('when all of them fail, callers are told so at once, on replicas that have made no call as well', async () => {
  fleet = await Fleet.start(OPTIONS);
  await fleet.simulator.faults([{ do: 'status', status: 503 }]);
  const asked = (turn: number) =>
    Promise.all([...Array(14).keys()].map((n) => fleet.get(cold(`${turn}-${n}`), turn)));
  await Promise.all([asked(0), asked(1)]);
  const deadline = Date.now() + 10_000;
  let reply = await fleet.get(cold('quiet'), 2);
  for (let n = 0; reply.status !== 503 && Date.now() < deadline; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    reply = await fleet.get(cold(`quiet-${n}`), 2);
  }
  expect([reply.status, JSON.parse(String(reply.body)).code]).toEqual([503, 'unavailable']);
  expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(1);
}, 60_000);
