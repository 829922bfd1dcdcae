import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { createApiKey } from '../../src/access/api-key.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/http-get.ts';
import { canConfine } from './support/confinement.ts';
import { list } from './support/dockerfile.ts';
import { buildImage, type Image } from './support/image.ts';
import { MountedVolume } from './support/mounted-volume.ts';
import { type Pod, startPod } from './support/pod.ts';

const PLACES = [
  '/app/x',
  '/etc/amperity-gateway/x',
  '/run/secrets/amperity-gateway/x',
  '/usr/x',
  '/x',
  '/tmp/x',
];
/** Prints of each place what writing there comes to. */
const WRITER = `
const { writeFileSync } = require('node:fs');
for (const place of ${JSON.stringify(PLACES)}) {
  try { writeFileSync(place, ''); console.log('written'); } catch ({ code }) { console.log(code); }
}`;

describe('the process of the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'volumes-'));
  let simulator: SimulatorHandle;
  let image: Image;
  let secrets: MountedVolume;
  let config: MountedVolume;
  let pod: Pod;
  let urls: { url: string; adminUrl: string };

  const start = (args?: readonly string[], env: Record<string, string> = {}): Pod =>
    startPod(image, {
      env: {
        HOST: '127.0.0.1',
        PORT: '0',
        ADMIN_HOST: '127.0.0.1',
        ADMIN_PORT: '0',
        AMPERITY_BASE_URL: simulator.dataUrl,
        AMPERITY_TENANT: 'acme',
        AMPERITY_TOKEN_FILE: '/run/secrets/amperity-gateway/amperity-token',
        TEAMS_FILE: '/run/secrets/amperity-gateway/teams.yaml',
        ...env,
      },
      volumes: { config: config.folder, secrets: secrets.folder },
      ...(args && { args }),
    });
  const ask = (key: string) =>
    httpGet(urls.url, '/api/indexes/idx-loyalty/profiles?limit=2', { headers: { 'x-api-key': key } });

  beforeAll(async () => {
    image = buildImage();
    simulator = await spawnSimulator({ preset: 'test', 'rate.kind': 'off' });
    config = new MountedVolume(
      join(folder, 'config'),
      { 'gateway.yaml': 'drain: { delayMs: 100 }\n' },
      0o644,
    );
    secrets = new MountedVolume(join(folder, 'secrets'), secretsFor(createApiKey({ label: 'test' })), 0o440);
    pod = start();
    urls = await pod.listening();
  }, 120_000);
  afterAll(async () => {
    await pod.stop('SIGINT');
    await simulator.stop();
    image.remove();
    rmSync(folder, { recursive: true });
  });

  test('answers its probes, and the verb by which the image is judged', async () => {
    for (const path of ['/livez', '/readyz']) expect((await httpGet(urls.adminUrl, path)).status).toBe(200);
    const [, ...args] = list('gateway', 'HEALTHCHECK');
    const judged = async (url: string) => start(args, { ADMIN_PORT: new URL(url).port }).ended();
    expect([await judged(urls.adminUrl), await judged('http://127.0.0.1:1')]).toEqual([0, 1]);
  });

  test('is another user, without rights and without a way to get any', () => {
    if (!canConfine) return;
    const status = readFileSync(`/proc/${pod.child.pid}/status`, 'utf8');
    for (const line of [
      /^Uid:(\t65532){4}$/m,
      /^Gid:(\t65532){4}$/m,
      /^Groups:\t $/m,
      /^Cap(Inh|Prm|Eff|Bnd|Amb):\t0+$/m,
      /^CapEff:\t0+$/m,
      /^CapBnd:\t0+$/m,
      /^NoNewPrivs:\t1$/m,
    ]) {
      expect(status).toMatch(line);
    }
  });

  test('has nothing in its environment but what the image and the caller put there', () => {
    if (!canConfine) return;
    const names = readFileSync(`/proc/${pod.child.pid}/environ`, 'utf8')
      .split('\0')
      .map((pair) => pair.split('=')[0]);
    expect(new Set(names.filter(Boolean))).toEqual(
      new Set([
        ...Object.keys(image.env),
        ...['PORT', 'ADMIN_PORT', 'TEAMS_FILE'],
        ...['AMPERITY_BASE_URL', 'AMPERITY_TENANT', 'AMPERITY_TOKEN_FILE'],
      ]),
    );
  });

  test('can write to /tmp and nowhere else', async () => {
    if (!canConfine) return;
    const writer = start(['-e', WRITER]);
    await writer.ended();
    expect(writer.output).toEqual([
      ...PLACES.slice(1).map(() => expect.stringMatching(/^(EROFS|EACCES)$/)),
      'written',
    ]);
  });

  test('follows a Secret that changes as the kubelet changes one', async () => {
    const made = createApiKey({ label: 'test' });
    expect((await ask(made.key)).status).toBe(401);
    secrets.replace(secretsFor(made));
    await eventually('the new key is let in', async () => (await ask(made.key)).status === 200, 3000);
  });

  test('ends by itself on SIGTERM', async () => {
    const another = start();
    await another.listening();
    expect(await another.stop('SIGTERM')).toBe(0);
    expect(another.output.at(-1)).toContain('"clean":true');
  });

  test('says what is wrong with settings, and ends so that it shows', async () => {
    const refused = start(undefined, { AMPERITY_TENANT: '' });
    expect(await refused.ended()).toBe(78);
    expect(refused.output.join('\n')).toContain('AMPERITY_TENANT');
  });
});

function secretsFor({ id, sha256 }: ReturnType<typeof createApiKey>): Record<string, string> {
  const notAfter = new Date(Date.now() + 86_400_000).toISOString();
  const web = { keys: [{ id, sha256, notAfter }], indexes: ['*'], attributes: '*' };
  // JSON is YAML.
  return { 'amperity-token': 'sim-token', 'teams.yaml': JSON.stringify({ teams: { web } }) };
}
