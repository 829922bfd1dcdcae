import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { directoryWith } from './config/settings-fixture.ts';

const file = readFileSync(fileURLToPath(new URL('../../docker-compose.yml', import.meta.url)), 'utf8');
const compose = parse(file);

test('the settings of docker-compose.yml start a gateway that uses Redis', () => {
  const settings = parse(compose.configs['gateway.yaml'].content);
  const cwd = directoryWith({ 'gateway.yaml': settings });
  const loaded = loadConfig(compose.services.gateway.environment, { cwd, now: Date.UTC(2026, 10, 25) });
  expect('problems' in loaded ? loaded.problems : []).toEqual([]);
  if ('problems' in loaded) return;
  expect(loaded.config.redis?.servers).toMatchObject({ kind: 'standalone', address: { host: 'redis' } });
  expect(loaded.config.budget.maxReplicas).toBe(compose.services.gateway.deploy.replicas);
});

test('the key it prints is the one it lets in', async () => {
  const { createHash } = await import('node:crypto');
  const [key = ''] = /agw_demo_\w+/.exec(file) ?? [];
  const [{ sha256 }] = parse(compose.configs['gateway.yaml'].content).teams.demo.keys;
  expect(createHash('sha256').update(key).digest('hex')).toBe(sha256);
});
