import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHART } from './places.ts';

const folder = join(CHART, 'ci');

export const ciNames: readonly string[] = readdirSync(folder).map((file) =>
  file.replace(/-values\.yaml$/, ''),
);

export const ciFile = (name: string): string => join(folder, `${name}-values.yaml`);

/** Values that the chart accepts; tests change one thing of it. */
export const complete = {
  image: { repository: 'registry.example/amperity-gateway' },
  upstream: {
    baseUrl: 'https://app.amperity.com/api',
    tenant: 'acme',
    token: { existingSecret: 'amperity' },
  },
  teams: { existingSecret: 'gateway-teams' },
  cacheKeys: { existingSecret: 'gateway-cache-keys' },
  redis: { url: 'rediss://redis.internal:6379', existingSecret: 'redis' },
} as const;

/** Without Redis, and so in one pod. */
export const single = {
  ...complete,
  cacheKeys: { existingSecret: '' },
  redis: { url: '', existingSecret: '' },
  replicaCount: 1,
  strategy: { type: 'Recreate' },
} as const;
