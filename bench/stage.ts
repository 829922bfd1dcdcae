import http from 'node:http';
import { spawnSimulator } from '../simulator/client.ts';
import { httpGet } from '../test/support/http-get.ts';
import { startChild, stopChild } from './child.ts';
import { type Cores, pin } from './pinning.ts';
import type { Case, Stage, Subject } from './question.ts';
import { type Started, startGateway } from './start-gateway.ts';

/** A simulator and a subject in processes of their own, used by one run of one case and by nothing else. */
export async function onFreshStage<T>(
  { knobs, settings, teams }: Case,
  subject: Subject,
  cores: Cores | undefined,
  use: (stage: Stage) => Promise<T>,
): Promise<T> {
  const simulator = await spawnSimulator({ preset: 'test', ...knobs });
  const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  let started: Started | undefined;
  try {
    pin(simulator.pid, cores?.simulator);
    started =
      subject === 'gateway'
        ? await startGateway(simulator.dataUrl, settings ?? {}, teams)
        : await startPlain(subject, simulator.dataUrl);
    const { child, url, headers } = started;
    pin(child.pid, cores?.server);
    const anybody = Object.keys(teams)[0] ?? '';
    const get: Stage['target']['get'] = (path, { team = anybody, signal } = {}) =>
      httpGet(url, path, { agent, headers: headers[team] ?? {}, ...(signal ? { signal } : {}) });
    return await use({ subject, simulator, target: { get } });
  } finally {
    agent.destroy();
    if (started) await stopChild(started.child);
    await simulator.stop();
  }
}

async function startPlain(form: Subject, upstreamUrl: string): Promise<Started> {
  const { child, ready } = await startChild<{ url: string }>(
    ['--import', 'tsx', 'bench/plain-bottleneck.ts', form, upstreamUrl],
    {},
    ({ url }) => url !== undefined,
  );
  return { child, url: ready.url, headers: {} };
}
