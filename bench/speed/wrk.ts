import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Headers, Page } from './pages.ts';

const run = promisify(execFile);

export const CONNECTIONS = 64;

/** What wrk asks for: each page by each credential, shuffled, as whole requests. */
export function writeScript(file: string, pages: readonly Page[], headers: readonly Headers[]): void {
  const requests = shuffled(
    pages.flatMap(({ path }) =>
      headers.map((own) => {
        const lines = Object.entries({ host: 'gateway', ...own }).map(([name, value]) => `${name}: ${value}`);
        return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
      }),
    ),
  );
  const lua = [
    `local requests = {${requests.map((request) => JSON.stringify(request)).join(',\n')}}`,
    'local at = 0',
    'request = function() at = at % #requests + 1; return requests[at] end',
  ];
  writeFileSync(file, lua.join('\n'));
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

/** Requests per second over `seconds`; throws when an answer was no 200. */
export async function wrk(
  url: string,
  script: string,
  seconds: number,
  core: number | undefined,
): Promise<number> {
  const command = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, url];
  const [program = '', ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const { stdout } = await run(program, args);
  const rate = Number(/^Requests\/sec:\s+([\d.]+)/m.exec(stdout)?.[1]);
  const trouble = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout)?.[0];
  if (trouble !== undefined || !Number.isFinite(rate)) throw new Error(`wrk: ${trouble ?? stdout}`);
  return rate;
}
