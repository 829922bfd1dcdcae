import http from 'node:http';
import { spawnSimulator } from '../simulator/client.ts';
import { httpGet } from '../test/support/http-get.ts';
import { startChild, stopChild } from './child.ts';
import { type Cores, pin } from './pinning.ts';
import type { Case, Stage, Subject } from './question.ts';
import { type Started, startGateways } from './start-gateway.ts';

export interface StageOptions {
  readonly cores: Cores | undefined;
  /** Of the gateway. */
  readonly replicas: number;
}

/** Replicas share state only after they have met in Redis, and a limiter that is new lets nothing start for two seconds. */
const FLEET_START_MS = 4000;

/** A simulator and a subject in processes of their own, used by one run of one case and by nothing else. */
export async function onFreshStage<T>(
  { knobs, places: placesOf, settings, teams }: Case,
  subject: Subject,
  { cores, replicas }: StageOptions,
  use: (stage: Stage) => Promise<T>,
): Promise<T> {
  const simulator = await spawnSimulator({ preset: 'test', ...knobs });
  const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  let started: Started | undefined;
  try {
    pin(simulator.pid, cores?.simulator);
    started =
      subject === 'gateway'
        ? await startGateways(simulator.dataUrl, settings ?? {}, teams, replicas)
        : await startPlain(subject, simulator.dataUrl);
    const { children, urls, headers } = started;
    // Several processes are to have all cores between them; without a word they would inherit the load's.
    const places = children.length === 1 ? [cores?.server] : [cores?.server, cores?.load, cores?.simulator];
    for (const child of children) pin(child.pid, ...places);
    const anybody = Object.keys(teams)[0] ?? '';
    let turn = 0;
    const urlFor = (team: string): string => {
      const own = urls.length > 1 ? placesOf?.[team] : undefined;
      turn += 1;
      const place = own === undefined ? turn : (own[turn % own.length] ?? 0);
      return urls[place % urls.length] ?? '';
    };
    const get: Stage['target']['get'] = (path, { team = anybody, signal } = {}) =>
      httpGet(urlFor(team), path, { agent, headers: headers[team] ?? {}, ...(signal ? { signal } : {}) });
    if (urls.length > 1) {
      await Promise.all(urls.map((url) => httpGet(url, FIRST, { agent, headers: headers[anybody] ?? {} })));
      await new Promise((resolve) => setTimeout(resolve, FLEET_START_MS));
      await simulator.clearJournal();
    }
    return await use({ subject, simulator, target: { get } });
  } finally {
    agent.destroy();
    await started?.stop();
    await simulator.stop();
  }
}

/** Brings the limiter up, and is asked by nobody else. */
const FIRST = '/api/indexes/idx-loyalty/profiles?limit=1&filter%5Bcity%5D=nowhere';

async function startPlain(form: Subject, upstreamUrl: string): Promise<Started> {
  const { child, ready } = await startChild<{ url: string }>(
    ['--import', 'tsx', 'bench/plain-bottleneck.ts', form, upstreamUrl],
    {},
    ({ url }) => url !== undefined,
  );
  return { children: [child], urls: [ready.url], headers: {}, stop: () => stopChild(child) };
}
