import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandsFor } from '../support/documents/rules.ts';
import { shell } from '../support/documents/shell.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/http-get.ts';
import { composeFile, service } from './support/compose-file.ts';
import { ComposeFleet } from './support/compose-fleet.ts';
import { said } from './support/dockerfile.ts';
import { haproxyOn } from './support/haproxy.ts';
import { mixedLoad } from './support/mixed-load.ts';
import { REPOSITORY } from './support/places.ts';

/** By then the proxy has asked every replica twice; before, it takes all of them to be up. */
const CHECKS_MS = 2500;
const PAGE = '/api/indexes/idx-loyalty/profiles?limit=';

test('the proxy has a configuration that it takes, for as many replicas as there are, by their listeners', () => {
  expect(haproxyOn(join(REPOSITORY, 'compose/haproxy.cfg'))).toMatchObject({ code: 0 });
  const [, count, name, port] =
    /server-template \w+ (\d+) (\w+):(\d+)/.exec(composeFile('haproxy.cfg')) ?? [];
  const [, adminPort] = /check port (\d+)/.exec(composeFile('haproxy.cfg')) ?? [];
  expect([Number(count), name]).toEqual([service('gateway').deploy?.replicas, 'gateway']);
  expect([`${port} ${adminPort}`]).toEqual(said('gateway', 'EXPOSE'));
});

describe('the fleet of docker-compose.yml', () => {
  const fleet = new ComposeFleet();
  const agent = new http.Agent({ keepAlive: true });
  beforeAll(async () => {
    await fleet.start();
    await eventually('the proxy has found the fleet', async () => (await ask(1)).status === 200);
  }, 120_000);
  afterAll(async () => {
    agent.destroy();
    await fleet.stop();
  });

  const key = () => fleet.said.split('\n')[0] ?? '';
  const ask = (limit: number) =>
    httpGet(fleet.url, `${PAGE}${limit}`, { agent, headers: { 'x-api-key': key() } });
  /** Requests that each replica has answered. */
  const answered = () =>
    fleet.gateways.map(({ output }) => output.filter((line) => line.includes('"msg":"request"')).length);

  test('lets in the key that init printed, and goes on with it when init runs again', async () => {
    expect(fleet.init()).not.toContain('agw_');
    expect((await ask(2)).status).toBe(200);
    expect((await httpGet(fleet.url, `${PAGE}2`, { headers: { 'x-api-key': `${key()}x` } })).status).toBe(
      401,
    );
  });

  const documented = commandsFor('chart/compose-fleet.test.ts').map(([, { command }]) => command);
  const execs = documented.filter(({ text }) => text.startsWith('docker compose exec gateway '));
  const blocks = new Set(documented.filter((each) => !execs.includes(each)).map(({ block }) => block));

  test.each([...blocks])('answers lines that are pasted from a document: %j', async (block) => {
    const folder = mkdtempSync(join(tmpdir(), 'compose-lines-'));
    // Which the fleet plays already; of its log it shows what init really printed.
    const lines = fleet.said.trimEnd().split('\n');
    writeFileSync(join(folder, 'log'), lines.map((line) => `init-1  | ${line}\n`).join(''));
    const docker = `case "$*" in 'compose up --build --wait') ;; 'compose logs init') cat ${folder}/log ;; *) exit 1 ;; esac`;
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${docker}\n`, { mode: 0o755 });
    const script = block.replaceAll('http://127.0.0.1:8080/', `${fleet.url}/`);
    const env = { PATH: `${folder}:${process.env.PATH}` };
    const done = await shell(script, { cwd: folder, env });
    rmSync(folder, { recursive: true });
    expect([done.exitCode, done.stdout]).toEqual([0, expect.stringMatching(/"data":\[\{"id":"m-/)]);
  });

  test.each(execs)('lets a command be run beside a gateway: $text', async ({ text }) => {
    const { code, printed } = await fleet.exec(text.split(' ').slice(4));
    expect([code, printed]).toEqual([0, expect.stringMatching(/\nNothing is wrong\.$/)]);
  });

  test('counts as up for its proxy, which is judged by that', async () => {
    await sleep(CHECKS_MS);
    expect((await httpGet(fleet.healthUrl, '/')).status).toBe(200);
    const [url] = service('proxy').healthcheck?.test.slice(-1) ?? [];
    expect(composeFile('haproxy.cfg')).toContain(`bind ${new URL(url ?? '').host}\n`);
  });

  test('loses no request when one replica is stopped under load, and calls Amperity no faster', async () => {
    const load = mixedLoad(ask);
    let statuses = {};
    try {
      await eventually('all three answer', () => answered().every((count) => count > 20));
      expect(await fleet.gateways[1]?.stop('SIGTERM')).toBe(0);
      const before = answered();
      const grown = () => answered().map((count, at) => count - (before[at] ?? 0) > 5);
      await eventually('the other two go on', () => String(grown()) === 'true,false,true');
    } finally {
      statuses = await load.end();
    }
    expect(Object.keys(statuses)).toEqual(['200']);
    const { by_family, limited } = (await fleet.simulator?.summary()) ?? {};
    expect([(by_family?.profile ?? 0) > 10, limited]).toEqual([true, 0]);
  }, 60_000);
});
