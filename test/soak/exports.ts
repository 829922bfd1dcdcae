import { setMaxListeners } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { slopeOf } from '../../bench/slope.ts';
import { spawnSimulator } from '../../simulator/client.ts';
import { residentMb } from '../support/resident-memory.ts';
import { FLOOD, type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';
import { cold } from './backlog.ts';
import type { Soak } from './soak.ts';

/** One gap between two permits, and what a take-off takes. */
const MOST_MORE_MS = 110;
const EXPORTS = 20;
const ASK_EVERY_MS = 400;
const SLOW_BYTES_PER_S = 4_000_000;
/** Memory that is free of pages is filled first. */
const WARM_UP_S = 40;
const MOST_SLOPE_MB_PER_MIN = 5;

/** What exports cost those who ask for single pages, whether they are whole, and what memory they take. */
export const exports: Soak = async ({ seconds = 60 }, say) => {
  const isGentle = await besideInteractive(seconds, say);
  const isFlat = await toASlowReader(say);
  return isGentle && isFlat;
};

async function besideInteractive(seconds: number, say: (line: string) => void): Promise<boolean> {
  const simulator = await spawnSimulator({ preset: 'test', 'latency.preset': 'off' });
  const gateway = await spawnGateway(simulator.dataUrl, {
    settings: { ...FLOOD, cache: { prefetch: { enabled: false } } },
    teams: { one: {}, other: {}, reports: { export: true } },
  });
  try {
    const alone = await waits(gateway, 'alone', seconds);
    say(`two teams asking every ${ASK_EVERY_MS} ms, alone: p95 ${alone.toFixed(0)} ms`);
    const end = new AbortController();
    setMaxListeners(2 * EXPORTS, end.signal);
    const exporting = Array.from({ length: EXPORTS }, (_, turn) =>
      drain(gateway, `/exports/indexes/idx-loyalty/profiles.ndjson?limit=${20 + turn}`, end.signal),
    );
    await sleep(3000);
    await simulator.clearJournal();
    const beside = await waits(gateway, 'beside', seconds);
    const { requests, limited, max_in_1s } = await simulator.summary();
    say(`beside ${EXPORTS} exports: p95 ${beside.toFixed(0)} ms, ${(requests / seconds).toFixed(2)} calls/s`);
    say(`most calls in a second ${max_in_1s.profile?.acme?.value}, ${limited} × 429`);
    end.abort();
    await Promise.all(exporting);
    const whole = await gateway.get('/exports/indexes/idx-loyalty/profiles.ndjson?limit=1000', {
      team: 'reports',
    });
    const ids = whole.body
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).id);
    say(`an export of everything: ${ids.length} profiles, ${new Set(ids).size} of them different`);
    return (
      beside - alone <= MOST_MORE_MS && new Set(ids).size === 10_000 && ids.length === 10_000 && limited === 0
    );
  } finally {
    await gateway.stop();
    await simulator.stop();
  }
}

/** The 95th percentile, by the callers' watch, of what two teams wait for pages nobody has asked for. */
async function waits(gateway: GatewayHandle, run: string, seconds: number): Promise<number> {
  const took: number[] = [];
  const ask = async (team: string, turn: number): Promise<void> => {
    const { status, tookMs } = await gateway.get(cold(`${run}-${team}-${turn}`), { team });
    if (status !== 200) throw new Error(`${team} was answered ${status}`);
    took.push(tookMs);
  };
  const asked: Promise<void>[] = [];
  for (let turn = 0; turn < (seconds * 1000) / ASK_EVERY_MS; turn += 1) {
    for (const team of ['one', 'other']) asked.push(ask(team, turn));
    await sleep(ASK_EVERY_MS);
  }
  await Promise.all(asked);
  return took.sort((a, b) => a - b)[Math.floor(took.length * 0.95)] ?? Number.POSITIVE_INFINITY;
}

/** Reads an export to its end, or until it is enough, and forgets it. */
async function drain(gateway: GatewayHandle, path: string, enough: AbortSignal): Promise<void> {
  try {
    for await (const _ of await open(gateway, path, enough)) if (enough.aborted) return;
  } catch (error) {
    if (!enough.aborted) throw error;
  }
}

async function open(
  gateway: GatewayHandle,
  path: string,
  enough?: AbortSignal,
): Promise<http.IncomingMessage> {
  const { hostname, port } = new URL(gateway.url);
  const headers = { 'x-api-key': gateway.key('reports') };
  const options = {
    hostname,
    port,
    path,
    headers,
    agent: new http.Agent(),
    ...(enough && { signal: enough }),
  };
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(options, resolve).once('error', reject);
  });
  // What is read no more ends with an error of its own.
  response.on('error', () => undefined);
  return response;
}

async function toASlowReader(say: (line: string) => void): Promise<boolean> {
  const simulator = await spawnSimulator({ preset: 'test', 'latency.preset': 'off', 'data.rows': 1_000_000 });
  const gateway = await spawnGateway(simulator.dataUrl, {
    settings: { cache: { prefetch: { enabled: false } } },
    teams: { reports: { export: true } },
  });
  const readings: [s: number, mb: number][] = [];
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const watch = setInterval(() => readings.push([seconds(), residentMb(gateway)]), 1000);
  try {
    const response = await open(gateway, '/exports/indexes/idx-loyalty/profiles.ndjson?limit=1000');
    let lines = 0;
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      for (const byte of chunk) if (byte === 0x0a) lines += 1;
      const aheadMs = (bytes / SLOW_BYTES_PER_S - seconds()) * 1000;
      if (aheadMs > 0) await sleep(aheadMs);
    }
    const warm = readings.filter(([s]) => s >= WARM_UP_S);
    const slope = slopeOf(warm) * 60;
    const most = Math.max(...readings.map(([, mb]) => mb));
    say(
      `a million profiles to a reader of ${SLOW_BYTES_PER_S / 1e6} MB/s: ${lines} lines, ${(bytes / 1e6).toFixed(0)} MB in ${seconds().toFixed(0)} s`,
    );
    say(
      `resident memory after ${WARM_UP_S} s: ${slope.toFixed(2)} MB per minute, at most ${most.toFixed(0)} MB (VmRSS)`,
    );
    return lines === 1_000_000 && slope <= MOST_SLOPE_MB_PER_MIN;
  } finally {
    clearInterval(watch);
    await gateway.stop();
    await simulator.stop();
  }
}
