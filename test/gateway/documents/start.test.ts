import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { checkout, writeSettings } from '../../support/documents/checkout.ts';
import { commandsFor } from '../../support/documents/rules.ts';
import { Shell } from '../../support/documents/shell.ts';
import { httpGet } from '../../support/http-get.ts';
import { freePort, RedisServer } from '../../support/redis-server.ts';
import { UPSTREAM_TOKEN } from '../../support/spawn-gateway.ts';
import { stage } from '../../support/stage.ts';

// Five processes of it are started at the most.
jest.setTimeout(60_000);
const actors = stage({ preset: 'test', 'rate.kind': 'off' });
const rows = commandsFor('gateway/documents/start.test.ts');
let folder: string;
let key: string;
let redis: RedisServer;
let started: Shell | undefined;
beforeAll(async () => {
  folder = checkout();
  key = writeSettings(folder);
  writeFileSync(join(folder, 'token'), `${UPSTREAM_TOKEN}\n`);
});
beforeEach(async () => {
  redis = await RedisServer.start();
});
afterEach(async () => {
  await started?.interrupt();
  await redis.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sharing = rows.map(([, { command }]) => command.text).find((text) => text.startsWith('export ')) ?? '';

test.each(rows)('starts a gateway that answers: %s', async (_, { command: { text } }) => {
  const isShared = text.startsWith('export ') || text.includes('--workers');
  const preparing = isShared ? sharing.replace('redis://127.0.0.1:6379', redis.url) : ':';
  const starting = text.startsWith('export ') ? 'npm start' : text;
  const url = `http://127.0.0.1:${await freePort()}`;
  const script = `${preparing}\n${starting}`
    .replace('https://app.amperity.com/api', actors.simulator.dataUrl)
    .replace('/run/secrets/amperity', join(folder, 'token'));
  started = new Shell(script, {
    cwd: folder,
    env: {
      PORT: new URL(url).port,
      ADMIN_PORT: '0',
      // What the line itself says stands before these.
      ...(!text.startsWith('AMPERITY_') && {
        AMPERITY_BASE_URL: actors.simulator.dataUrl,
        AMPERITY_TENANT: 'acme',
        AMPERITY_TOKEN: UPSTREAM_TOKEN,
      }),
    },
  });
  const replicas = text.includes('--workers') ? 4 : 1;
  await started.until(new RegExp(`(?:"msg":"listening"[\\s\\S]*){${replicas}}`));
  const headers = { authorization: `Bearer ${key}` };
  const { status, body } = await httpGet(url, '/api/indexes/idx-loyalty/profiles?limit=5', { headers });
  expect([status, String(body)]).toEqual([200, expect.stringMatching(/"data":\[\{"id":"m-/)]);
  expect((await redis.cli(['client', 'list'])).includes('name=agw')).toBe(isShared);
  const { stdout } = await started.interrupt();
  expect(stdout.match(/"msg":"draining"/g)).toHaveLength(replicas);
});
