import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'puppeteer-core';
import { createApiKey } from '../../src/access/api-key.ts';
import { eventually } from '../support/eventually.ts';
import { FrontendPage, launchBrowser } from '../support/frontend/frontend-page.ts';
import { freePort } from '../support/redis-server.ts';
import { type GatewayHandle, UPSTREAM_TOKEN } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(join(REPOSITORY, 'examples/README.md'), 'utf8');
const [SETTING = '', SERVING = '', ...FURTHER] = [...README.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
  ([, block = '']) => block,
);
/** In the last column of the table. */
const COMMANDS = [...README.matchAll(/\| `([^`]+)` \|$/gm)].map(([, command = '']) => command);
const [AXIOS = '', PYTHON = '', CURL = '', TYPESCRIPT = ''] = COMMANDS;

const DEMO_URL = 'http://127.0.0.1:8080';
const DEMO_PAGE_PORT = '8000';

const actors = stage({ preset: 'test', 'rate.kind': 'off' });
/** Looks like the root of the repository, and what the examples write into it goes with the test. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
  for (const name of ['examples', 'node_modules']) symlinkSync(join(REPOSITORY, name), join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = (gateway: GatewayHandle) => ({
  PATH: process.env.PATH,
  KEY: gateway.key(),
  NO_PROXY: '*',
  PYTHONUNBUFFERED: '1',
  // What is not installed is not to be fetched.
  npm_config_offline: 'true',
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Pastes the settings of the page and then this line into a shell. */
async function paste(command: string, gateway: GatewayHandle): Promise<Ran> {
  const script = `${SETTING.replace(DEMO_URL, gateway.url)}${command}`;
  const running = promisify(execFile)('bash', ['--norc', '-ec', script], {
    cwd: folder,
    env: environment(gateway),
    timeout: 60_000,
  });
  const ran = await running.then(
    (out) => ({ code: 0, ...out }),
    ({ code, stdout, stderr }: Ran) => ({ code, stdout, stderr }),
  );
  gateway.answered({ headers: {}, body: Buffer.from(ran.stdout + ran.stderr) });
  return ran;
}

interface Profile {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** All Daniels that Amperity has, in its order. */
async function daniels(): Promise<readonly Profile[]> {
  const url = `${actors.simulator.dataUrl}/indexes/idx-loyalty/profiles?filter[first_name]=Daniel&limit=1000`;
  const headers = {
    authorization: `Bearer ${UPSTREAM_TOKEN}`,
    'amperity-tenant': 'acme',
    'api-version': '2025-07-31',
  };
  const { data } = (await (await fetch(url, { headers })).json()) as { data: readonly Profile[] };
  // Otherwise nobody has to turn pages.
  expect(data.length).toBeGreaterThan(20);
  return data;
}

const written = (name: string): string => readFileSync(join(folder, name), 'utf8');
/** The ids in the first column of `profiles.csv`. */
const idsInCsv = (): string[] =>
  written('profiles.csv')
    .split('\r\n')
    .slice(1, -1)
    .map((line) => line.split(',', 1)[0] ?? '');
const idsIn = (profiles: readonly Profile[]): string[] => profiles.map(({ id }) => id);

test('each line of the page is run by a test', () => {
  expect(COMMANDS).toHaveLength(4);
  expect(FURTHER).toEqual([]);
  expect(SETTING).toContain(DEMO_URL);
  expect(SERVING).toContain(` ${DEMO_PAGE_PORT} `);
});

test('axios counts the profiles of all pages', async () => {
  const gateway = await actors.start();
  const expected = await daniels();
  expect(await paste(AXIOS, gateway)).toEqual({
    code: 0,
    stdout: `${expected.length} profiles\n`,
    stderr: '',
  });
});

test('Python writes the profiles of all pages, and whatever attributes they have, into a file', async () => {
  const gateway = await actors.start();
  const expected = await daniels();
  expect((await paste(PYTHON, gateway)).stdout).toBe(`${expected.length} profiles in profiles.csv\n`);
  expect(idsInCsv()).toEqual(idsIn(expected));
  const columns = written('profiles.csv').split('\r\n', 1)[0]?.split(',');
  const attributes = new Set(expected.flatMap((profile) => Object.keys(profile.attributes)));
  expect(new Set(columns)).toEqual(new Set(['id', ...attributes]));
});

test('curl writes the first page, the next one, and all as CSV', async () => {
  const gateway = await actors.start({ teams: { web: { export: true } } });
  const expected = idsIn(await daniels());
  expect(await paste(CURL, gateway)).toEqual({ code: 0, stdout: '', stderr: '' });
  const idsOf = (file: string) => idsIn(JSON.parse(written(file)).data);
  expect(idsOf('page-1.json')).toEqual(expected.slice(0, 10));
  expect(idsOf('page-2.json')).toEqual(expected.slice(10, 20));
  expect(idsInCsv()).toEqual(expected);
});

test('TypeScript finds the profiles of all pages', async () => {
  const gateway = await actors.start();
  const expected = await daniels();
  const { stdout } = await paste(TYPESCRIPT, gateway);
  expect(stdout).toBe(expected.map(({ id, attributes }) => `${id} ${attributes.city}\n`).join(''));
});

describe.each([AXIOS, PYTHON, CURL, TYPESCRIPT])('%s', (command) => {
  /** For a caller who is turned away while Amperity refuses calls, and at no other time. */
  const impatient = () =>
    actors.start({
      settings: { budget: { rate: 1000 } },
      teams: { web: { export: true, maxWaitMs: 100 } },
    });
  const requestsOf = (gateway: GatewayHandle) =>
    gateway.logged('request').map(({ status, time, durationMs }) => {
      const over = Date.parse(String(time));
      return { status, begun: over - Number(durationMs), over };
    });

  test('comes back when Retry-After has passed, and gets everything', async () => {
    const gateway = await impatient();
    await actors.simulator.faults([{ do: 'status', status: 429, retry_after: 2, times: 1 }]);
    expect(await paste(command, gateway)).toMatchObject({ code: 0 });
    await eventually('the requests in the log', () => requestsOf(gateway).length > 2);
    const [refused, next, ...others] = requestsOf(gateway);
    const statuses = [next, ...others].map((request) => request?.status);
    expect([refused?.status, ...new Set(statuses)]).toEqual([429, 200]);
    // Half a second for a line that is written late.
    expect((next?.begun ?? 0) - (refused?.over ?? 0)).toBeGreaterThan(1500);
  });

  test('does not wait for hours, and says what the gateway says', async () => {
    const gateway = await impatient();
    await actors.simulator.faults([{ do: 'status', status: 429, retry_after: 7200 }]);
    const { code, stderr } = await paste(command, gateway);
    expect(code).not.toBe(0);
    expect(stderr).toContain('upstream_budget');
    await eventually('the request in the log', () => requestsOf(gateway).length > 0);
    const [refused, ...others] = gateway.logged('request');
    expect([refused?.status, others]).toEqual([429, []]);
    expect(stderr).toContain(refused?.requestId);
  });
});

describe('the page', () => {
  const SHOWN = { 'idx-loyalty': { allow: ['first_name', 'city', 'loyalty_tier'], mask: ['email'] } };
  const { key: KEY, ...record } = createApiKey({ label: 'web' });
  let browser: Browser;
  let server: ChildProcess;
  let port: string;
  let gateway: GatewayHandle;
  let frontend: FrontendPage;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
  }, 180_000);
  afterAll(() => browser?.close());
  beforeEach(async () => {
    // With any port that is free.
    server = spawn('bash', ['--norc', '-ec', `exec ${SERVING.replace(DEMO_PAGE_PORT, '0')}`], {
      cwd: folder,
      env: { PATH: process.env.PATH, PYTHONUNBUFFERED: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (server.stdout === null) throw new Error('The web server has no output.');
    const [line] = await once(createInterface(server.stdout), 'line');
    port = / port (\d+) /.exec(line)?.[1] ?? '';
    const own = { ...record, kind: 'browser', origins: [`http://127.0.0.1:${port}`] };
    const notAfter = new Date(Date.now() + 86_400_000).toISOString();
    gateway = await actors.start({
      // Tests turn pages faster than people.
      teams: {
        web: { keys: [{ ...own, notAfter, policy: { attributes: SHOWN, requestsPerSecond: 1000 } }] },
      },
      secrets: [KEY],
    });
    frontend = await FrontendPage.open(browser, `http://127.0.0.1:${port}/`);
    page = frontend.page;
  });
  afterEach(async () => {
    await frontend?.close();
    if (server.exitCode !== null) return;
    const exited = once(server, 'exit');
    server.kill();
    await exited;
  });

  async function find(key: string): Promise<void> {
    await page.locator('#gateway').fill(gateway.url);
    await page.locator('#key').fill(key);
    await page.click('#find');
    await answered();
  }
  /** What the page says once it has its answer. */
  async function answered(): Promise<string> {
    await page.waitForFunction(`!document.querySelector('#find').disabled`);
    return (await page.$eval('#status', (shown) => shown.textContent)) ?? '';
  }
  const rows = (): Promise<string[][]> =>
    page.$$eval('#profiles tr', (shown) =>
      shown.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  const lastRequestId = () =>
    eventually('a request in the log', () => gateway.logged('request').at(-1)?.requestId) as Promise<string>;

  test('shows profiles and turns to the next page twice, with what the key shows', async () => {
    const masked = (text = '') => `****${text.slice(-4)}`;
    const expected = (await daniels()).map(({ id, attributes: { first_name, city, email } }) => [
      id,
      first_name,
      city,
      masked(email),
    ]);
    await find(KEY);
    expect(await rows()).toEqual(expected.slice(0, 10));
    for (const start of [10, 20]) {
      await page.click('#next');
      expect(await answered()).toMatch(/^10 profiles\. X-Request-Id: [\w-]{36}$/);
      expect(await rows()).toEqual(expected.slice(start, start + 10));
    }
  });

  test('offers no next page after the last one', async () => {
    const { length } = await daniels();
    await find(KEY);
    for (let turned = 1; turned < Math.ceil(length / 10); turned++) {
      await page.click('#next');
      await answered();
    }
    expect(await rows()).toHaveLength(length % 10 || 10);
    expect(await page.$eval('#next', (button) => Reflect.get(button, 'disabled'))).toBe(true);
  });

  test('shows why the gateway refuses, and the id for support', async () => {
    await find(KEY);
    await page.locator('#key').fill(createApiKey({ label: 'web' }).key);
    await page.click('#find');
    const said = await answered();
    expect(said).toMatch(/^unauthenticated: \w.*\. X-Request-Id: [\w-]{36}$/);
    expect(await rows()).toEqual([]);
    await eventually('the refusal in the log', () => gateway.logged('request').at(-1)?.status === 401);
    expect(said).toContain(await lastRequestId());
  });

  test('says what may be wrong where the browser keeps the answer from it', async () => {
    await page.goto(`http://localhost:${port}/`);
    await find(KEY);
    expect(await answered()).toContain(`does the key list http://localhost:${port}?`);
  });

  test('puts the key into no URL and keeps it nowhere', async () => {
    await find(KEY);
    expect(frontend.sent.map(({ method }) => method)).toContain('POST');
    expect(frontend.sent.map(({ url }) => url).join()).not.toMatch(/agw_|Daniel/);
    const kept = await page.evaluate(
      'document.cookie + location.href + JSON.stringify([localStorage, sessionStorage])',
    );
    expect(kept).not.toContain(KEY);
  });
});

describe('npm run demo', () => {
  test('prints a key that may do all of this, and one for the page of the example', async () => {
    const [PORT, ADMIN_PORT] = [String(await freePort()), String(await freePort())];
    const demo = spawn(process.execPath, ['--import', 'tsx', 'simulator/demo.ts'], {
      cwd: REPOSITORY,
      env: { PATH: process.env.PATH, PORT, ADMIN_PORT },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let printed = '';
      demo.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
      const [, key = '', browserKey = ''] = await eventually(
        'the keys',
        () => /export KEY=(\S+)[\s\S]*X-API-Key: (agw_\w+)/.exec(printed),
        30_000,
      );
      const url = `http://127.0.0.1:${PORT}`;
      // The first line of its log brings the keys out, and that is not yet the one that says that it listens.
      await eventually('the gateway', () => fetch(`${url}/livez`));
      const usage = await fetch(`${url}/usage`, { headers: { 'x-api-key': key } });
      expect(await usage.json()).toMatchObject({ rights: { export: true, indexes: ['*'], filters: '*' } });
      const page = await fetch(`${url}/api/indexes/idx-loyalty/profiles/search`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${browserKey}`,
          'content-type': 'application/json',
          origin: `http://127.0.0.1:${DEMO_PAGE_PORT}`,
        },
        body: JSON.stringify({ filter: { first_name: 'Daniel' }, limit: 10 }),
      });
      expect(page.status).toBe(200);
      expect(Object.keys(((await page.json()) as { data: Profile[] }).data[0]?.attributes ?? {})).toEqual(
        expect.arrayContaining(['first_name', 'city', 'email']),
      );
    } finally {
      const exited = once(demo, 'exit');
      if (demo.kill('SIGINT')) await exited;
    }
  }, 60_000);
});
