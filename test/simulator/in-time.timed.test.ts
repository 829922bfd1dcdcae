import { setTimeout as pass } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { spawnSimulator } from '../../simulator/client.ts';
import { call } from './support/call.ts';
import { useSimulator } from './support/simulator.ts';

const simulator = useSimulator();

test('a request under way does not hold up the stop', async () => {
  const simulator = await spawnSimulator({ 'latency.table': { 0: [60_000, 60_000] } });
  const waiting = call(simulator.dataUrl, '/indexes').catch((error: Error) => error.message);
  while ((await simulator.summary()).max_in_flight === 0);
  const began = performance.now();
  expect(await simulator.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(2000);
  expect(await waiting).toMatch(/ECONNRESET|socket hang up/);
});

test('the queue is let in when the cap of calls at once is lifted', async () => {
  await simulator().knobs({ 'capacity.concurrent': 1, 'latency.table': { 0: [300, 300] } });
  const began = performance.now();
  const three = Array.from({ length: 3 }, () => call(simulator().dataUrl, '/indexes/idx-loyalty/profiles'));
  while ((await simulator().summary()).max_in_flight < 3) await pass(5);
  await simulator().knobs({ 'capacity.concurrent': 0 });
  await Promise.all(three);
  expect(performance.now() - began).toBeLessThan(850);
});
