import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { aptInstall } from '../../test/support/apt-install.ts';
import { startChild, stopChild } from '../child.ts';
import { type Cores, pin } from '../pinning.ts';
import { type Started, type StartOptions, startGateways } from '../start-gateway.ts';
import { Load } from './load.ts';
import { writeServed } from './page-file.ts';
import { collectPages, get, type Headers, type Page, warm } from './pages.ts';

/** Six, so that more than one credential and one set of rights is in use. */
export const TEAMS = ['crm', 'shop', 'mail', 'app', 'data', 'desk'];
/** Fresh for as long as any run lasts; everything else as it is by default. */
const FRESH = { freshMs: 3_600_000 };
/** The budget is no part of these questions: pages have to be there first. */
const UNLIMITED = { rate: 2000 };

/** A simulator, a gateway that holds a thousand pages, and a load that asks for them. All end with `close`. */
export interface Ring {
  readonly folder: string;
  readonly simulator: SimulatorHandle;
  readonly gateway: Started;
  readonly url: string;
  readonly pages: readonly Page[];
  readonly load: Load;
  /** What the gateway sends beside the body, as far as it is the same for each page. */
  readonly headers: readonly string[];
  /** Another contender, in a process of its own on the server's core. */
  start(file: string, served: string): Promise<string>;
  adopt(child: ChildProcess): void;
  close(): Promise<void>;
}

export interface RingOptions extends StartOptions {
  /** Profiles on a page. */
  readonly limit: number;
  readonly cores: Cores | undefined;
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly knobs?: Readonly<Record<string, unknown>>;
  /** Of every team, where they are not to have all. */
  readonly rights?: Readonly<Record<string, unknown>>;
  /** What callers send beside their credential. */
  readonly callers?: Headers;
  /** How many there are to be hit. */
  readonly pages?: number;
}

/** Throws, with what to do, where the load generator or a peer is not to be had. */
export function need(program: string, aptName = program): void {
  const isThere = () => spawnSync('which', [program]).status === 0;
  if (!isThere()) aptInstall(aptName);
  if (!isThere()) throw new Error(`Install ${aptName} first: it is part of what is measured here.`);
}

export async function openRing(options: RingOptions): Promise<Ring> {
  need('wrk');
  const {
    callers = {},
    cores,
    knobs,
    limit,
    rights,
    settings,
    withRedis = false,
    pages: count = 1000,
  } = options;
  const folder = mkdtempSync(join(tmpdir(), 'speed-'));
  const children: ChildProcess[] = [];
  const simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off', ...knobs });
  pin(simulator.pid, cores?.simulator);
  const weights = Object.fromEntries(TEAMS.map((team) => [team, 1]));
  const gateway = await startGateways(
    simulator.dataUrl,
    { budget: UNLIMITED, ...settings, cache: { ...FRESH, ...settings?.cache } },
    weights,
    1,
    { out: join(folder, 'gateway.log'), ...options, withRedis, ...(rights && { rights }) },
  );
  // Redis, where there is one, is somebody else's machine.
  for (const [at, child] of gateway.children.entries())
    pin(child.pid, at === 0 ? cores?.server : cores?.load);
  const [url = ''] = gateway.urls;
  const own = Object.values(gateway.headers).map((headers) => ({ ...headers, ...callers }));
  const [first = {}] = Object.values(gateway.headers);
  const pages = await collectPages(url, first, { count, limit });
  await warm(url, pages, own, 2);
  const load = new Load(folder, 'load', pages, own, cores?.load);
  return {
    folder,
    simulator,
    gateway,
    url,
    pages,
    load,
    headers: await sharedHeaders(url, pages[0]?.path ?? '', first),
    start: async (file, served) => {
      const { child, ready } = await startChild<{ url: string }>(
        ['--import', 'tsx', `bench/speed/${file}`, served],
        {},
        ({ url: listening }) => listening !== undefined,
      );
      pin(child.pid, cores?.server);
      children.push(child);
      return ready.url;
    },
    adopt: (child) => {
      pin(child.pid, cores?.server);
      children.push(child);
    },
    close: async () => {
      await gateway.stop();
      await Promise.all(children.map(stopChild));
      await simulator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Node sends these by itself, or they tell of one answer only. */
const OWN = new Set(['content-length', 'date', 'connection', 'keep-alive']);

async function sharedHeaders(url: string, path: string, headers: Headers): Promise<string[]> {
  const agent = new http.Agent();
  const { rawHeaders } = await get(agent, url, path, headers);
  return rawHeaders.filter((_text, at) => !OWN.has(rawHeaders[at - (at % 2)]?.toLowerCase() ?? ''));
}

/** The same pages in a file, with headers that let every cache keep them, or with those of the gateway. */
export function serveFile(ring: Ring, kind: 'as the gateway' | 'cacheable'): string {
  const file = join(ring.folder, `${kind.replaceAll(' ', '-')}.json`);
  const headers =
    kind === 'cacheable'
      ? ['Content-Type', 'application/json', 'Cache-Control', 'max-age=86400']
      : ring.headers;
  writeServed(file, { headers, pages: ring.pages });
  return file;
}
