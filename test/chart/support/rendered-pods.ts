import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '../../../src/access/api-key.ts';
import { changed } from './changed.ts';
import { complete } from './ci-values.ts';
import { allObjects, filesOf, gatewayPod, type Objects } from './config-check.ts';
import { render, type Values } from './helm-template.ts';
import { buildImage } from './image.ts';
import type { Container, PodSpec } from './manifest.ts';
import { podsOf } from './manifest.ts';
import { MountedVolume } from './mounted-volume.ts';
import { type Pod, startPod } from './pod.ts';

const CONFIG = '/etc/amperity-gateway';
const SECRETS = '/run/secrets/amperity-gateway';

/** The pods of one render: its variables, its files laid out as the kubelet lays them, and the image that it names. */
export class RenderedPods {
  readonly key = createApiKey({ label: 'test' });
  readonly container: Container;
  readonly spec: PodSpec;
  readonly secrets: MountedVolume;
  readonly #image = buildImage();
  readonly #folder = mkdtempSync(join(tmpdir(), 'rendered-'));
  readonly #config: MountedVolume;
  readonly #started: Pod[] = [];
  #objects: Objects;

  /** @param values beside those that the chart cannot do without */
  constructor(values: Values) {
    const manifests = render({ values: changed(complete, values) });
    const { container } = gatewayPod(manifests);
    const spec = podsOf(manifests).find(({ spec: one }) => one.containers.includes(container))?.spec;
    if (spec === undefined) throw new Error('there is no pod of the gateway');
    this.container = container;
    this.spec = spec;
    this.#objects = allObjects(manifests, new Map(Object.entries(this.#existing())));
    this.#config = new MountedVolume(join(this.#folder, 'config'), this.#filesAt(CONFIG), 0o644);
    this.secrets = new MountedVolume(join(this.#folder, 'secrets'), this.#filesAt(SECRETS), 0o440);
  }

  /** @param address free ports of it take the place of those that the container has to itself */
  start(address: string, [port, adminPort]: readonly [number, number]): Pod {
    const env = Object.fromEntries((this.container.env ?? []).map(({ name, value = '' }) => [name, value]));
    const own = { HOST: address, ADMIN_HOST: address, PORT: String(port), ADMIN_PORT: String(adminPort) };
    const volumes = { config: this.#config.folder, secrets: this.secrets.folder };
    const pod = startPod(this.#image, { env: { ...env, ...own }, volumes });
    this.#started.push(pod);
    return pod;
  }

  /** Changes a key of a Secret as an operator would, and lays the volume out anew. */
  replaceSecret(name: string, data: Readonly<Record<string, string>>): void {
    this.#objects = new Map([...this.#objects, [`Secret/${name}`, data]]);
    this.secrets.replace(this.#filesAt(SECRETS));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#started.map((pod) => pod.stop('SIGKILL')));
    this.#image.remove();
    rmSync(this.#folder, { recursive: true });
  }

  #existing(): Record<string, Readonly<Record<string, string>>> {
    const { id, sha256 } = this.key;
    const notAfter = new Date(Date.now() + 86_400_000).toISOString();
    const web = { keys: [{ id, sha256, notAfter }], indexes: ['*'], attributes: '*', maxLimit: 1000 };
    return {
      'Secret/amperity': { token: 'sim-token' },
      'Secret/gateway-teams': { 'teams.yaml': JSON.stringify({ teams: { web } }) },
      'Secret/gateway-cache-keys': { 'cache-keys': `k1:${Buffer.alloc(32, 1).toString('base64')}` },
      'Secret/redis': { 'redis-password': 'of-redis' },
    };
  }

  #filesAt(mountPath: string): Record<string, string> {
    const names = (this.container.volumeMounts ?? []).filter((mount) => mount.mountPath === mountPath);
    const volumes = (this.spec.volumes ?? []).filter((volume) =>
      names.some(({ name }) => name === volume.name),
    );
    return Object.fromEntries(volumes.flatMap((volume) => filesOf(volume, this.#objects)));
  }
}
