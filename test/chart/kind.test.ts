import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { incoherences } from './support/coherence.ts';
import { configCheck } from './support/config-check.ts';
import { existingObjects } from './support/existing-objects.ts';
import { helms } from './support/helm-binaries.ts';
import { parseManifests, render } from './support/helm-template.ts';
import { complaints } from './support/judge-manifests.ts';
import { REPOSITORY } from './support/places.ts';

const place = (name: string) => join(REPOSITORY, 'tools', name);

test('the script for a cluster of kind, which nobody here has run, is a script', () => {
  const { status, stderr } = spawnSync('bash', ['-n', place('kind.sh')], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  for (const [file] of readFileSync(place('kind.sh'), 'utf8').matchAll(/tools\/kind\/\S+(?:yaml|mjs)/g)) {
    expect(readFileSync(join(REPOSITORY, file), 'utf8')).not.toBe('');
  }
});

const existing = existingObjects();
const keys = { ...existing.get('Secret/gateway-teams'), ...existing.get('Secret/gateway-cache-keys') };

test.each(helms())('its values make settings that the gateway accepts, with helm $version', (helm) => {
  const manifests = render({ helm, files: [place('kind/values.yaml')] });
  expect([...incoherences(manifests, new Set(['Secret/gateway']))]).toEqual([]);
  expect(configCheck(manifests, new Map([['Secret/gateway', keys]]))).toBe('ok');
});

test('its simulator is one that Kubernetes takes', async () => {
  const manifests = parseManifests(readFileSync(place('kind/simulator.yaml'), 'utf8'));
  expect(manifests).toHaveLength(2);
  expect(await complaints(manifests)).toEqual([]);
});

test('its load tells answers from failures', async () => {
  const codes = [200, 503, 200, 200];
  let asked = 0;
  const server = createServer((request, response) => {
    response.writeHead(request.headers['x-api-key'] === 'key' ? (codes[asked++] ?? 200) : 401).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const script = readFileSync(place('kind/load.mjs'), 'utf8');
  const args = ['--input-type=module', '--eval', script, `http://127.0.0.1:${port}`, 'key'];
  const load = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(load.stdout, 'data');
  load.kill();
  await once(load, 'close');
  server.close();
  const { answered, failed } = JSON.parse(String(line));
  expect([answered > 3, failed]).toEqual([true, 1]);
});
