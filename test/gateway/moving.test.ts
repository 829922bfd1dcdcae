import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { stage } from '../support/stage.ts';

const PAGE = readFileSync(new URL('../../docs/moving.md', import.meta.url), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);

/** What each of them prints, in their order. */
const PRINTED = [
  /^\{.*"data":\[\{"id":"m-\d+".*"first_name":"Daniel"/,
  /^\{"team":"web",.*"resets_in":\d+/,
  /^\{.*"data":\[\{"id":"idx-/,
  /^\{.*"data":\[\{"id":"m-\d+".*"first_name":"Daniel"/,
  /^id,index_id,.*\r\nm-\d+,idx-loyalty,/,
  /^304\n$/,
];

const actors = stage({ preset: 'test', 'rate.kind': 'off' });
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'moving-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(PRINTED.map((printed, at) => [BLOCKS[at]?.split('\n', 1)[0], at, printed] as const))(
  'the guide is right: %s',
  async (_, at, printed) => {
    const gateway = await actors.start({ teams: { web: { export: true } } });
    const env = {
      PATH: process.env.PATH,
      GATEWAY: gateway.url,
      GATEWAY_KEY: gateway.key(),
      INDEX: 'idx-loyalty',
      NO_PROXY: '*',
    };
    const script = BLOCKS[at] ?? '';
    const { stdout } = await promisify(execFile)('bash', ['-ec', script], {
      cwd: folder,
      env,
      timeout: 15_000,
    });
    expect(stdout).toMatch(printed);
  },
);

test('no line of the guide is left untried', () => {
  expect(BLOCKS).toHaveLength(PRINTED.length);
});
