import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeApiServer } from './fake-api-server/fake-api-server.ts';
import { createValidation, type Validation } from './fake-api-server/validation.ts';
import type { Values } from './helm-template.ts';
import type { Manifest } from './manifest.ts';

export interface Cluster {
  /** Whatever is stored, Secrets of releases too. */
  objects(): Manifest[];
  /** What helm or kubectl prints, with values or manifests on standard input; rejects with it when they fail. */
  run(program: string, args: readonly string[], input?: Values | string): Promise<string>;
  stop(): Promise<void>;
}

/** A fake one, with a folder for whatever clients write. */
export async function startCluster(validation: Validation = createValidation()): Promise<Cluster> {
  const server = await startFakeApiServer(validation);
  const home = mkdtempSync(join(tmpdir(), 'cluster-'));
  const kubeconfig = join(home, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(configFor(server.url)));
  const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig };
  const ending = new AbortController();
  return {
    // The objects that clients sent are manifests, and what was added to them does not change that.
    objects: () => server.objects() as unknown as Manifest[],
    run: (program, args, input = '') =>
      new Promise((resolve, reject) => {
        const child = execFile(
          program,
          args,
          { env, cwd: home, signal: ending.signal },
          (error, stdout, stderr) => {
            if (error) reject(new Error(`${stdout}${stderr}`));
            else resolve(stdout);
          },
        );
        child.stdin?.end(typeof input === 'string' ? input : JSON.stringify(input));
      }),
    stop: async () => {
      ending.abort();
      await server.stop();
      rmSync(home, { recursive: true });
    },
  };
}

const configFor = (server: string): object => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'fake', cluster: { server } }],
  contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'nobody', namespace: 'shop' } }],
  users: [{ name: 'nobody', user: {} }],
  'current-context': 'fake',
});
