import { createControlServer } from './control/control-server.ts';
import { KnobStore } from './knobs/knob-store.ts';
import { Listener } from './listener.ts';
import { createDataServer } from './request/data-server.ts';
import { SimulatedApi } from './simulated-api.ts';
import type { StartOptions } from './start-options.ts';
import { warmUp } from './warm-up.ts';

export interface Simulator {
  /** Base URL of the simulated API, with `/api`. */
  readonly dataUrl: string;
  readonly controlUrl: string;
  close(): Promise<void>;
}

/** Puts the parts together and listens. Throws what `listen` reports, such as EADDRINUSE. */
export async function startSimulator(options: StartOptions): Promise<Simulator> {
  const knobs = new KnobStore(options.knobs);
  const api = new SimulatedApi(knobs);
  const control = new Listener(createControlServer(api), options.controlHost, options.controlPort);
  const data = new Listener(
    createDataServer(api, () => control.port),
    options.host,
    options.port,
  );
  knobs.onChange((changed) => {
    if (!changed.has('listen')) return undefined;
    return knobs.values.listen === 'on' ? data.open() : data.close();
  });
  warmUp(options.knobs);
  await control.open();
  await data.open();
  if (options.knobs.listen === 'off') await data.close();
  api.journal.clear();
  return {
    dataUrl: `${data.url}/api`,
    controlUrl: control.url,
    async close() {
      api.stop();
      await Promise.all([data.close(), control.close()]);
    },
  };
}
