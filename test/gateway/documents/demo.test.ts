import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { REPOSITORY } from '../../support/documents/commands.ts';
import { commandsFor } from '../../support/documents/rules.ts';
import { type Done, Shell, shell, temporaryFolder } from '../../support/documents/shell.ts';
import { httpGet } from '../../support/http-get.ts';
import { freePort } from '../../support/redis-server.ts';

const rows = commandsFor('gateway/documents/demo.test.ts');
const told = rows.map(([, { command }]) => command);
const README = readFileSync(join(REPOSITORY, 'README.md'), 'utf8');
let folder: string;
let demo: Shell;
let ports: [number, number];
/** Between the lines of npm and the log. */
let printed: string;

beforeAll(async () => {
  folder = temporaryFolder();
  ports = [await freePort(), await freePort()];
  // README.md names the variables by which its ports are changed. What is installed is in use: npm compares it with the
  // lockfile and changes nothing.
  const [plain = '', moved = ''] = told
    .map(({ written }) => written)
    .filter((text) => /npm run demo$/.test(text));
  const script = moved.replace('8081', String(ports[0])).replace('9091', String(ports[1]));
  const installing = plain.replace('npm ci', 'npm ci --dry-run --offline').replace('npm run demo', script);
  expect(installing).toMatch(/^npm ci --dry-run --offline && PORT=\d+ ADMIN_PORT=\d+ npm run demo$/);
  demo = new Shell(installing, { cwd: REPOSITORY });
  [printed] = await demo.until(/^A gateway in front [\s\S]+ Its log follows\.\n/m);
}, 60_000);
afterAll(async () => {
  await demo.interrupt();
  rmSync(folder, { recursive: true });
});

/** As README.md shows it: with the ports that are its own, and without keys. */
const masked = (text: string): string =>
  text
    .replace(/agw_demo_\w+/g, 'agw_demo_…')
    .replaceAll(`127.0.0.1:${ports[0]}`, '127.0.0.1:8080')
    .replaceAll(`127.0.0.1:${ports[1]}`, '127.0.0.1:9090');

/** The lines to paste, which are indented. */
const pasted = (): string[] => [...printed.matchAll(/^ {2}([^#\s].*)$/gm)].map(([, line = '']) => line);
const paste = (line = ''): Promise<Done> => shell(`${pasted()[0]}\n${line}`, { cwd: folder });

test('the demo prints what README.md shows of it', () => {
  const [, shown = ''] =
    /```sh\nnpm ci && npm run demo\n```\n[\s\S]+?\n```\n([\s\S]+?)\n```\n/.exec(README) ?? [];
  const parts = shown.split(/^\s*…\n/m);
  expect(parts.length).toBeGreaterThan(1);
  for (const part of parts) expect(masked(printed)).toContain(part.trimEnd());
  const lines = masked(pasted().join('\n')).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining(
      told.map(({ written }) => written).filter((text) => !text.endsWith('npm run demo')),
    ),
  );
});

test('its lines find a first page, which is in the cache the second time, and the next one', async () => {
  const [, first, next] = pasted();
  for (const cached of [/; fwd=/, /; hit/]) {
    const { stdout } = await paste(first);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]+"data":\[\{"id":"m-/);
    expect(/^cache-status: (.*)$/im.exec(stdout)?.[1]).toMatch(cached);
  }
  const ids = (text: string): string[] => [...text.matchAll(/"id":"(m-\d+)"/g)].map(([, id = '']) => id);
  const [one, two] = [await paste(first), await paste(next)];
  expect([ids(one.stdout).length, ids(two.stdout).length]).toEqual([5, 5]);
  expect(ids(two.stdout)).not.toEqual(ids(one.stdout));
});

test('another line makes a CSV file, and the last one asks with the key for web pages', async () => {
  const [, , , csv, browser, ...more] = pasted();
  expect(more).toEqual([]);
  expect((await paste(csv)).exitCode).toBe(0);
  const [file = ''] = readdirSync(folder);
  expect(readFileSync(join(folder, file), 'utf8')).toMatch(/^id,index_id,.*\r\nm-\d+,idx-loyalty,/);
  const { stdout } = await paste(browser);
  const { data } = JSON.parse(stdout);
  expect(Object.keys(data[0].attributes).sort()).toEqual(['city', 'email', 'first_name', 'loyalty_tier']);
});

test('it shows the console, and Ctrl-C ends all of it', async () => {
  const [, address = ''] = /http:\/\/\S+:\d+(\/console)/.exec(printed) ?? [];
  const url = `http://127.0.0.1:${ports[1]}`;
  expect(printed).toContain(`${url}${address} `);
  expect((await httpGet(url, address)).status).toBe(200);
  const { stdout } = await demo.interrupt();
  expect(stdout).toMatch(/INFO: listening[\s\S]+INFO: draining/);
  await expect(httpGet(url, address)).rejects.toThrow('ECONNREFUSED');
});
