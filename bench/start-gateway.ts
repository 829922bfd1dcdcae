import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '../src/access/api-key.ts';
import { startChild } from './child.ts';

export interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  /** Credential headers by team. */
  readonly headers: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const RIGHTS = { indexes: ['*'], attributes: '*', filters: '*', withTotal: true, maxLimit: 1000 };

/** Starts the compiled gateway on free ports, as it would run, with a key for each team. */
export async function startGateway(
  upstreamUrl: string,
  settings: Readonly<Record<string, unknown>>,
  weights: Readonly<Record<string, number>>,
): Promise<Started> {
  const headers: Record<string, Record<string, string>> = {};
  const teams: Record<string, unknown> = {};
  for (const [team, weight] of Object.entries(weights)) {
    const { key, id, sha256 } = createApiKey({ label: 'bench' });
    const notAfter = new Date(Date.now() + 86_400_000).toISOString();
    teams[team] = { ...RIGHTS, weight, keys: [{ id, sha256, notAfter }] };
    headers[team] = { 'x-api-key': key };
  }
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const config = join(folder, 'gateway.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ ...settings, teams }));
  try {
    const { child, ready } = await startChild<{ listen: string }>(
      ['dist/main.js'],
      {
        GATEWAY_CONFIG: config,
        AMPERITY_BASE_URL: upstreamUrl,
        AMPERITY_TENANT: 'acme',
        AMPERITY_TOKEN: 'sim-token',
        PORT: '0',
        ADMIN_PORT: '0',
      },
      ({ msg }) => msg === 'listening',
    );
    return { child, url: `http://${ready.listen}`, headers };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
