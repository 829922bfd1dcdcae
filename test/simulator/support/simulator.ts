import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../../simulator/client.ts';

/**
 * One simulator per test file, as after its start before each test: no latency, no rate limit. The result is a
 * function because the process does not exist yet when the file is read.
 */
export function useSimulator(knobs: Record<string, unknown> = {}): () => SimulatorHandle {
  let simulator: SimulatorHandle;
  beforeAll(async () => {
    simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off', ...knobs });
  });
  beforeEach(async () => {
    await simulator.restoreKnobs();
    await simulator.reset();
  });
  afterAll(() => simulator.stop());
  return () => simulator;
}
