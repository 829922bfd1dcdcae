import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FaultProxy } from '../support/fault-proxy.ts';
import type { GatewayHandle } from '../support/spawn-gateway.ts';
import { stage } from '../support/stage.ts';

const scene = stage({ preset: 'test', 'rate.kind': 'off' });
let gateway: GatewayHandle;
let folder: string;

beforeEach(async () => {
  gateway = await scene.start({
    settings: { budget: { rate: 1000 }, cache: { prefetch: { enabled: false } } },
    teams: { web: {}, totalless: { withTotal: false } },
  });
  folder = mkdtempSync(join(tmpdir(), 'export-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
});

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The compiled command line, as an operator would start it. */
function start(out: string, more: readonly string[] = [], team = 'web') {
  const args = ['--enable-source-maps', join(REPOSITORY, 'dist/cli.js'), 'export', '--url', gateway.url];
  const child = spawn(process.execPath, [...args, '--index', 'idx-loyalty', '--out', out, ...more], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', GATEWAY_KEY: gateway.key(team) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, said }));
  return { child, ended };
}

const run = (out: string, more?: readonly string[], team?: string) => start(out, more, team).ended;
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
/** Resolves when a page is there. */
async function begun(out: string): Promise<void> {
  const resume = join(folder, `${out}.resume`);
  while (!existsSync(resume) || statSync(resume).size === 0) await sleep(10);
}

const idsIn = (name: string): string[] =>
  name.endsWith('.csv')
    ? read(name)
        .split('\r\n')
        .slice(1, -1)
        .map((line) => line.split(',', 1)[0] ?? '')
    : read(name)
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).id);

test.each(['all.csv', 'all.ndjson'])('%s holds every profile once, for its owner alone', async (out) => {
  const { code, said } = await run(out, ['--limit', '1000'], out === 'all.csv' ? 'web' : 'totalless');
  expect([code, said]).toEqual([0, '10000 profiles are in the file.\n']);
  expect([idsIn(out).length, new Set(idsIn(out)).size]).toEqual([10_000, 10_000]);
  expect(statSync(join(folder, out)).mode & 0o777).toBe(0o600);
  expect(existsSync(join(folder, `${out}.resume`))).toBe(false);
});

test.each(['some.csv', 'some.ndjson'])(
  '%s is gone on with where it was killed, as if nothing had happened',
  async (out) => {
    await scene.simulator.knobs({ 'latency.table': { 0: [40, 40], 1: [40, 40] } });
    const { child, ended } = start(out, ['--limit', '500']);
    await begun(out);
    await sleep(200);
    child.kill('SIGKILL');
    await ended;
    const kept = JSON.parse(read(`${out}.resume`));
    expect(kept.profiles).toBeGreaterThan(0);
    expect(kept.profiles).toBeLessThan(10_000);
    expect(read(`${out}.resume`)).not.toContain(gateway.key());
    // Killed between page and checkpoint, or in the middle of a page.
    writeFileSync(join(folder, out), 'm-00001,half a li', { flag: 'a' });
    await scene.simulator.clearJournal();
    const again = await run(out, ['--limit', '500']);
    expect([again.code, again.said]).toEqual([
      0,
      `Going on after ${kept.profiles} profiles.\n10000 profiles are in the file.\n`,
    ]);
    expect([idsIn(out).length, new Set(idsIn(out)).size]).toEqual([10_000, 10_000]);
    expect((await scene.simulator.summary()).requests).toBeLessThan(20);
  },
  30_000,
);

test.each(['cut.csv', 'cut.ndjson'])(
  '%s goes on by itself with the page that a lost connection cut, and holds it once',
  async (out) => {
    await scene.simulator.knobs({ 'latency.table': { 0: [40, 40], 1: [40, 40] } });
    const way = await FaultProxy.to(gateway.url);
    try {
      const { child, ended } = start(out, ['--limit', '500', '--url', way.url()]);
      await begun(out);
      way.cutAfter(20_000);
      await sleep(300);
      way.refuse(true);
      await sleep(1200);
      expect(child.exitCode).toBeNull();
      way.refuse(false);
      expect(await ended).toEqual({ code: 0, said: '10000 profiles are in the file.\n' });
      expect([idsIn(out).length, new Set(idsIn(out)).size]).toEqual([10_000, 10_000]);
      expect((await scene.simulator.summary()).requests).toBe(20);
    } finally {
      await way.close();
    }
  },
  30_000,
);

test('what is there is not written over, unless that is said', async () => {
  writeFileSync(join(folder, 'mine.csv'), 'precious');
  const refused = await run('mine.csv', ['--limit', '1000']);
  expect([refused.code, refused.said]).toEqual([1, expect.stringContaining('--restart')]);
  expect(read('mine.csv')).toBe('precious');
  expect((await run('mine.csv', ['--limit', '1000', '--restart'])).code).toBe(0);
  expect(idsIn('mine.csv')).toHaveLength(10_000);
});

test('what was lost of a file is said to be lost', async () => {
  writeFileSync(join(folder, 'cut.csv'), 'id');
  writeFileSync(join(folder, 'cut.csv.resume'), JSON.stringify({ bytes: 100 }));
  const { code, said } = await run('cut.csv');
  expect([code, said]).toEqual([1, expect.stringContaining('cannot be gone on with')]);
  expect(read('cut.csv')).toBe('id');
});

test('a chain that Amperity has ended is said to be no use, and another question to be another', async () => {
  await scene.simulator.knobs({ 'latency.table': { 0: [40, 40], 1: [40, 40] } });
  const { child, ended } = start('old.csv', ['--limit', '500']);
  await begun('old.csv');
  child.kill('SIGKILL');
  await ended;
  const other = await run('old.csv', ['--limit', '500', '--filter', 'city=Rome']);
  expect([other.code, other.said]).toEqual([1, expect.stringContaining('something else')]);
  await scene.simulator.rebuild({ tenant: 'acme', index: 'idx-loyalty' });
  const dead = await run('old.csv', ['--limit', '500']);
  expect([dead.code, dead.said]).toEqual([1, expect.stringContaining('--restart')]);
  expect(dead.said).toContain('cursor_expired');
});

test('a refusal is told in words, and leaves no file', async () => {
  const { code, said } = await run('none.csv', ['--filter', 'birth_year=1980']);
  expect([code, said]).toEqual([1, expect.stringContaining('upstream_rejected')]);
  expect(said).not.toContain('1980');
  expect(existsSync(join(folder, 'none.csv'))).toBe(false);
});
