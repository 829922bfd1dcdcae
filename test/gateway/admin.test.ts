import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { json } from '../support/http-get.ts';
import { type GatewayHandle, spawnGateway } from '../support/spawn-gateway.ts';

let simulator: SimulatorHandle;
let gateway: GatewayHandle;

beforeAll(async () => {
  simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off' });
});
afterAll(() => simulator.stop());
beforeEach(async () => {
  await simulator.restoreKnobs();
  await simulator.reset();
  gateway = await spawnGateway(simulator.dataUrl, {
    settings: { budget: { rate: 1000 }, upstream: { attempts: 1 } },
    teams: { web: {}, mail: {} },
  });
});
afterEach(async () => {
  await gateway.stop();
});

const LIST = '/api/indexes/idx-loyalty/profiles';
const PLACES = ['/readyz', '/metrics', '/status'];

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text format of Prometheus, as far as it is used. */
async function samples(): Promise<Sample[]> {
  const text = String((await gateway.admin('/metrics')).body);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

/** Sum of the counter's samples that have these labels. */
async function count(name: string, labels: Record<string, string> = {}): Promise<number> {
  return (await samples())
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

describe('the admin listener', () => {
  test('answers health, metrics and status, which the public listener does not know', async () => {
    for (const path of ['/livez', ...PLACES]) {
      const reply = await gateway.admin(path);
      expect([path, reply.status]).toEqual([path, 200]);
      expect(reply.headers['x-powered-by']).toBeUndefined();
      expect(reply.headers['x-content-type-options']).toBe('nosniff');
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    }
    for (const path of [...PLACES, '/console', '/purge']) {
      for (const reply of [await gateway.get(path), await gateway.ask(path, { method: 'POST' })]) {
        expect([path, reply.status, json(reply).code]).toEqual([path, 404, 'not_found']);
      }
    }
    const { status, body } = await gateway.ask('/livez');
    expect([status, String(body)]).toEqual([200, 'ok\n']);
    expect((await gateway.admin(`${LIST}?limit=1`)).status).toBe(404);
    expect((await simulator.summary()).requests).toBe(0);
  });

  test('tells life and readiness in a word, with Amperity there or not', async () => {
    await simulator.knobs({ listen: 'off' });
    expect(String((await gateway.admin('/livez')).body)).toBe('ok\n');
    expect(String((await gateway.admin('/readyz')).body)).toBe('ready\n');
  });

  test('repeats nothing of a wrong path and allows reading only', async () => {
    const missing = await gateway.admin('/nowhere-cAnArY7?x=cAnArY7');
    expect([missing.status, json(missing).code]).toEqual([404, 'not_found']);
    expect(String(missing.body)).not.toContain('cAnArY7');
    for (const method of ['POST', 'DELETE', 'OPTIONS', 'TRACE']) {
      const reply = await gateway.admin('/metrics', { method, headers: { 'x-canary': 'cAnArY7' } });
      expect([reply.status, reply.headers.allow]).toEqual([405, 'GET, HEAD']);
      expect(String(reply.body)).not.toContain('cAnArY7');
    }
    expect((await gateway.admin('/%ff')).status).toBeLessThan(500);
  });

  test('is what the command line’s health asks', async () => {
    const repository = fileURLToPath(new URL('../..', import.meta.url));
    const health = (url: string) =>
      new Promise<{ code: unknown; said: string }>((resolve) => {
        const args = ['--import', 'tsx', 'src/cli.ts', 'health', '--url', url];
        execFile(process.execPath, args, { cwd: repository, timeout: 10_000 }, (error, out, complaint) =>
          resolve({ code: error === null ? 0 : error.code, said: out + complaint }),
        );
      });
    expect(await health(`${gateway.adminUrl}/readyz`)).toEqual({ code: 0, said: 'The gateway is ready.\n' });
    const { code, said } = await health(`${gateway.url}/readyz`);
    expect([code, said]).toEqual([1, 'The gateway is not ready: it answers 404.\n']);
    await gateway.stop();
    expect((await health(`${gateway.adminUrl}/readyz`)).code).toBe(1);
  });
});

describe('metrics', () => {
  const NAMES = [
    'gateway_budget_cooldown_seconds',
    'gateway_budget_mode',
    'gateway_budget_permits_total',
    'gateway_budget_rate',
    'gateway_budget_window_seconds',
    'gateway_breaker_state',
    'gateway_budget_effective_rate',
    'gateway_build_info',
    'gateway_key_expires_timestamp_seconds',
    'gateway_queue_bound',
    'gateway_queue_max_wait_seconds',
    'gateway_queue_estimate_error_seconds',
    'gateway_cache_bytes',
    'gateway_cache_entries',
    'gateway_cache_events_total',
    'gateway_queue_refused_total',
    'gateway_queue_depth',
    'gateway_queue_oldest_seconds',
    'gateway_queue_wait_seconds',
    'gateway_request_duration_seconds',
    'gateway_requests_total',
    'gateway_secret_reloads_total',
    'gateway_token_renewals_total',
    'gateway_upstream_calls_total',
    'gateway_upstream_deprecation_total',
    'gateway_upstream_duration_seconds',
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_seconds',
    'nodejs_gc_duration_seconds',
  ];

  test('are those of the interface, and counters begin at 0', async () => {
    const reply = await gateway.admin('/metrics');
    expect(reply.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    const declared = [...String(reply.body).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    for (const name of NAMES) expect(declared).toContain(name);

    const counters = (await samples()).filter(({ name }) => /^gateway_.*_total$/.test(name));
    expect(new Set(counters.map(({ value }) => value))).toEqual(new Set([0]));
    const of = (name: string, label: string) =>
      [
        ...new Set(counters.filter((sample) => sample.name === name).map(({ labels }) => labels[label])),
      ].sort();
    expect(of('gateway_requests_total', 'team')).toEqual(['mail', 'none', 'web']);
    expect(of('gateway_requests_total', 'cache')).toEqual([
      'bypass',
      'hit',
      'miss',
      'none',
      'shared',
      'stale',
    ]);
    expect(of('gateway_upstream_calls_total', 'route')).toEqual(['index', 'indexes', 'profile', 'profiles']);
    expect(of('gateway_upstream_calls_total', 'outcome')).toEqual(
      ['auth', 'client_error', 'network', 'ok', 'server_error', 'throttled', 'timeout'].sort(),
    );
    expect(of('gateway_budget_permits_total', 'class')).toEqual(['caller', 'idle', 'refresh']);
  });

  test('agree with what Amperity counted after a known load', async () => {
    await gateway.get(`${LIST}?limit=1`);
    await gateway.get(`${LIST}?limit=1`);
    await gateway.get(`${LIST}?limit=1`, { team: 'mail' });
    await gateway.get(`${LIST}?limit=2`, { team: 'mail' });
    await gateway.get(`${LIST}/m-00001`);
    await gateway.get('/api/indexes');
    await gateway.get('/api/indexes/idx-nowhere');
    await gateway.get(`${LIST}?filter[birth_year]=1980`);
    await gateway.get(`${LIST}?limit=0`);
    await gateway.ask(`${LIST}?limit=1`);
    await simulator.faults([{ do: 'status', status: 503, times: 1 }]);
    await gateway.get(`${LIST}?limit=3`);

    const journal = await simulator.journal();
    expect(journal).toHaveLength(7);
    const calls = (labels: Record<string, string>) => count('gateway_upstream_calls_total', labels);
    expect(await calls({})).toBe(journal.length);
    expect(await calls({ outcome: 'ok' })).toBe(journal.filter(({ status }) => status === 200).length);
    expect(await calls({ outcome: 'client_error' })).toBe(2);
    expect(await calls({ outcome: 'server_error' })).toBe(1);
    expect(await calls({ route: 'profiles' })).toBe(4);
    expect(await calls({ route: 'profile' })).toBe(1);
    expect(await count('gateway_upstream_duration_seconds_count')).toBe(journal.length);
    expect(await count('gateway_budget_permits_total')).toBe(journal.length);
    expect(await count('gateway_budget_permits_total', { team: 'mail', class: 'caller' })).toBe(1);

    const requests = (labels: Record<string, string>) => count('gateway_requests_total', labels);
    expect(await requests({})).toBe(11);
    expect(await requests({ team: 'web' })).toBe(8);
    expect(await requests({ team: 'none', status: '401', cache: 'none' })).toBe(1);
    expect(await requests({ team: 'web', cache: 'hit' })).toBe(1);
    expect(await requests({ team: 'mail', cache: 'hit' })).toBe(1);
    expect(await requests({ status: '400' })).toBe(2);
    expect(await requests({ status: '404', route: 'index' })).toBe(1);
    expect(await requests({ status: '502' })).toBe(1);
    expect(await count('gateway_request_duration_seconds_count')).toBe(11);
    // Five answers, and what is known of the two cursors handed out.
    expect(await count('gateway_cache_events_total', { event: 'stored' })).toBe(7);
    expect(await count('gateway_cache_entries')).toBe(7);
    expect(await count('gateway_cache_bytes')).toBeGreaterThan(1000);
  });

  test('tell what alerts measure against: the window, each team’s longest wait, the end of active keys', async () => {
    const key = (id: string, state: string) => ({
      id,
      sha256: 'a'.repeat(64),
      notAfter: '2050-01-01',
      state,
    });
    const keys = [key('standing', 'active'), key('leaving', 'retiring'), key('gone00', 'revoked')];
    const measured = await spawnGateway(simulator.dataUrl, {
      settings: { budget: { windowMs: 2500 }, queue: { maxWaitMs: 4000 } },
      teams: { web: { keys }, mail: { maxWaitMs: 9000 } },
    });
    const text = String((await measured.admin('/metrics')).body);
    await measured.stop();
    expect(text).toMatch(/^gateway_budget_window_seconds 2.5$/m);
    expect(text).toMatch(/^gateway_queue_max_wait_seconds\{team="web"\} 4$/m);
    expect(text).toMatch(/^gateway_queue_max_wait_seconds\{team="mail"\} 9$/m);
    const ends = [...text.matchAll(/^gateway_key_expires_timestamp_seconds\{.*key="(\w+)"\} 2524608000$/gm)];
    expect(ends.map(([, id]) => id)).toEqual(['standing']);
  });

  test('count no permit for a call that never got as far as Amperity', async () => {
    await simulator.knobs({ listen: 'off' });
    expect((await gateway.get(`${LIST}?limit=1`)).status).toBe(502);
    expect(await count('gateway_budget_permits_total')).toBe(0);
  });

  test('have labels from closed sets, whatever callers send', async () => {
    const canary = 'cAnArY7';
    for (const path of [
      `/${canary}`,
      `/api/indexes/${canary}`,
      `/api/indexes/${canary}/profiles?limit=1`,
      `${LIST}/${canary}`,
      `${LIST}?limit=1&filter[city]=${canary}`,
      `${LIST}?${canary}=1`,
    ]) {
      await gateway.get(path);
      await gateway.get(path, { method: 'DELETE' });
      await gateway.get(path, { method: 'PROPFIND' });
      await gateway.ask(path, { headers: { 'x-request-id': canary, 'x-api-key': canary } });
    }
    const closed: Record<string, RegExp> = {
      team: /^(web|mail|none)$/,
      route: /^(indexes|index|profiles|profile|other)$/,
      method: /^(GET|HEAD|OPTIONS|POST|QUERY|other)$/,
      status: /^\d{3}$/,
      cache: /^(hit|stale|miss|shared|bypass|none)$/,
      outcome: /^(ok|client_error|throttled|server_error|timeout|network|auth|failed|invalid|used|wasted)$/,
      class: /^(caller|refresh|idle)$/,
      reason: /^[a-z_]+$/,
      tier: /^(memory|redis)$/,
      event: /^[a-z0-9_]+$/,
      mode: /^(shared|share|closed|memory)$/,
      secret: /^[a-z_]+$/,
      header: /^(deprecation|sunset)$/,
      le: /^(\+Inf|[0-9.]+)$/,
      version: /^\d+\.\d+\.\d+/,
      // The public part of a key, out of the configuration.
      key: new RegExp(
        `^(${Object.values(gateway.keys)
          .map((key) => key.split('_')[2])
          .join('|')})$`,
      ),
    };
    const ours = (await samples()).filter(({ name }) => name.startsWith('gateway_'));
    for (const { name, labels } of ours) {
      for (const [label, value] of Object.entries(labels)) {
        expect({ name, label, value }).toEqual({
          name,
          label,
          value: expect.stringMatching(closed[label] ?? /^[a-z_0-9]+$/),
        });
      }
    }
    expect(String((await gateway.admin('/metrics')).body)).not.toContain(canary);
  });

  test('count each announcement that something of Amperity ends', async () => {
    await simulator.knobs({ 'headers.deprecation': '@1767225600' });
    await gateway.get(`${LIST}?limit=1`);
    expect(await count('gateway_upstream_deprecation_total', { header: 'deprecation' })).toBe(1);
    expect(await count('gateway_upstream_deprecation_total', { header: 'sunset' })).toBe(0);
  });
});

describe('the status', () => {
  test('tells how budget, queue and cache stand, and nothing about anybody', async () => {
    await simulator.knobs({ 'latency.table': { 0: [600, 600], 1: [600, 600] } });
    const inTheAir = gateway.get(`${LIST}?limit=1&filter[last_name]=Kulhman`);
    while ((await simulator.summary()).requests === 0) await new Promise(setImmediate);
    const reply = await gateway.admin('/status');
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(json(reply)).toMatchObject({
      name: 'acme',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      ready: true,
      budget: { mode: 'memory', rate: 1000, windowMs: 1000, permitsHeld: 1, inFlight: 1, coolDownMs: 0 },
      queue: [],
      cache: { memory: { entries: 0, bytes: 0 } },
    });
    await inTheAir;
    const after = await gateway.admin('/status');
    // The page, and what is known of the cursor that it hands out.
    expect(json(after)).toMatchObject({ budget: { inFlight: 0 }, cache: { memory: { entries: 2 } } });
    for (const { body } of [reply, after]) expect(String(body)).not.toMatch(/Kulhman|idx-loyalty|agw_/);
  });
});
