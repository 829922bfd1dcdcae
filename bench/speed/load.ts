import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { percentile } from '../percentile.ts';
import type { Headers, Page } from './pages.ts';

const run = promisify(execFile);

export const CONNECTIONS = 64;

/** What a server is asked, in both forms that the load generators read. */
export class Load {
  readonly #script: string;
  readonly #list: string;
  readonly #core: number | undefined;

  /** Each page by each credential, in an order that is the same each time. */
  constructor(
    folder: string,
    name: string,
    pages: readonly Page[],
    headers: readonly Headers[],
    core?: number,
  ) {
    this.#script = join(folder, `${name}.lua`);
    this.#list = join(folder, `${name}.json`);
    this.#core = core;
    const requests = shuffled(
      pages.flatMap(({ path }) =>
        headers.map((own) => {
          const lines = Object.entries({ Host: 'gateway', ...own }).map(([key, value]) => `${key}: ${value}`);
          return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
        }),
      ),
    );
    const lua = [
      `local requests = {${requests.map((request) => JSON.stringify(request)).join(',\n')}}`,
      'local at = 0',
      'request = function() at = at % #requests + 1; return requests[at] end',
    ];
    writeFileSync(this.#script, lua.join('\n'));
    writeFileSync(this.#list, JSON.stringify(requests));
  }

  /** As many answers per second as 64 connections get; throws when one was no 200. */
  async most(url: string, seconds: number): Promise<number> {
    const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', this.#script, url];
    const { stdout } = await this.#run('wrk', args);
    const rate = Number(/^Requests\/sec:\s+([\d.]+)/m.exec(stdout)?.[1]);
    const trouble = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout)?.[0];
    if (trouble !== undefined || !Number.isFinite(rate)) throw new Error(`wrk: ${trouble ?? stdout}`);
    return rate;
  }

  /** Latencies in ms of requests that come at fixed instants; see open-loop.ts. */
  async steady(url: string, rate: number, seconds: number): Promise<{ p50: number; p99: number }> {
    const { hostname, port } = new URL(url);
    const file = new URL('open-loop.ts', import.meta.url).pathname;
    const args = ['--import', 'tsx', file, hostname, port, this.#list, String(rate), String(seconds)];
    const { stdout } = await this.#run(process.execPath, args);
    const { failed, latencies }: { failed: number; latencies: number[] } = JSON.parse(stdout);
    if (failed > 0) throw new Error(`${failed} answers were no 200`);
    return { p50: percentile(latencies, 0.5) / 1000, p99: percentile(latencies, 0.99) / 1000 };
  }

  #run(program: string, args: readonly string[]) {
    const limits = { maxBuffer: 256 * 1024 * 1024 };
    return this.#core === undefined
      ? run(program, args, limits)
      : run('taskset', ['-c', String(this.#core), program, ...args], limits);
  }
}

/** The same order in each run. */
function shuffled<T>(values: readonly T[]): T[] {
  const list = [...values];
  let seed = 1;
  for (let last = list.length - 1; last > 0; last -= 1) {
    seed = (seed * 48_271) % 2_147_483_647;
    const other = seed % (last + 1);
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
}
