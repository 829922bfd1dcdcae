import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { type GatewayHandle, type GatewayOptions, spawnGateway } from './spawn-gateway.ts';

export interface Stage {
  /** One for all tests of the file; each finds it with its knobs and journal as at the start. */
  readonly simulator: SimulatorHandle;
  /** Starts a gateway in front of it, which ends with the test. */
  start(options?: GatewayOptions): Promise<GatewayHandle>;
}

/** For the tests of one file; to be called at its top. */
export function stage(knobs: Readonly<Record<string, unknown>>): Stage {
  let simulator: SimulatorHandle;
  const gateways: GatewayHandle[] = [];
  beforeAll(async () => {
    simulator = await spawnSimulator(knobs);
  });
  afterAll(() => simulator.stop());
  beforeEach(async () => {
    await simulator.restoreKnobs();
    await simulator.reset();
  });
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.stop();
  });
  return {
    get simulator() {
      return simulator;
    },
    start: async (options) => {
      const gateway = await spawnGateway(simulator.dataUrl, options);
      gateways.push(gateway);
      return gateway;
    },
  };
}
