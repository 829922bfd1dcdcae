import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Container, type Manifest, podsOf, type Volume } from './manifest.ts';
import { REPOSITORY } from './places.ts';

export type Objects = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** What the compiled gateway says of the environment and the files that its container would have; `ok` if all is well. */
export function configCheck(manifests: readonly Manifest[], existing: Objects): string {
  const objects = allObjects(manifests, existing);
  const root = mkdtempSync(join(tmpdir(), 'pod-'));
  try {
    const { volumes = [], container } = gatewayPod(manifests);
    // Absolute paths, also those within files, are moved below a folder of the test.
    const moved = (text: string) =>
      text.replaceAll(/(?<![\w/])\/(etc|run\/secrets)\/amperity-gateway/g, `${root}$&`);
    for (const { name, mountPath } of container.volumeMounts ?? []) {
      const files = volumes
        .filter((volume) => volume.name === name)
        .flatMap((volume) => filesOf(volume, objects));
      for (const [path, text] of files) {
        const file = join(root, mountPath, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, moved(text));
      }
    }
    const env = Object.fromEntries((container.env ?? []).map(({ name, value = '' }) => [name, moved(value)]));
    const cli = join(REPOSITORY, 'dist/cli.js');
    const { stdout, stderr } = spawnSync(process.execPath, [cli, 'config', 'check'], {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    return `${stdout}${stderr}`.trim();
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** What a render makes, beside what was there before. */
export const allObjects = (manifests: readonly Manifest[], existing: Objects): Objects =>
  new Map([
    ...existing,
    ...manifests.map((it) => [`${it.kind}/${it.metadata.name}`, { ...it.data, ...it.stringData }] as const),
  ]);

export function gatewayPod(manifests: readonly Manifest[]): {
  volumes?: readonly Volume[];
  container: Container;
} {
  for (const { spec } of podsOf(manifests)) {
    const container = spec.containers.find(({ name }) => name === 'gateway');
    if (container) return { ...(spec.volumes && { volumes: spec.volumes }), container };
  }
  throw new Error('there is no container of the gateway');
}

/** Path and text of each file that the volume has. */
export function filesOf({ configMap, projected }: Volume, objects: Objects): [string, string][] {
  const sources = [...(configMap ? [{ configMap }] : []), ...(projected?.sources ?? [])];
  return sources.flatMap((source): [string, string][] => {
    if ('serviceAccountToken' in source && source.serviceAccountToken) {
      return [[source.serviceAccountToken.path, 'token-of-the-pod']];
    }
    const [kind, reference] =
      'secret' in source && source.secret ? ['Secret', source.secret] : ['ConfigMap', source.configMap];
    const held = objects.get(`${kind}/${reference?.name}`) ?? {};
    return (reference?.items ?? []).map(({ key, path }) => [path, held[key] ?? '']);
  });
}
