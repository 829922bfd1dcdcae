import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SimulatorHandle, spawnSimulator } from '../../../simulator/client.ts';
import { freePort, RedisServer } from '../../support/redis-server.ts';
import { composeFile, mounts, service } from './compose-file.ts';
import { startHaproxy } from './haproxy.ts';
import { buildImage, type Image } from './image.ts';
import { REPOSITORY } from './places.ts';
import { type Pod, startPod } from './pod.ts';

/** What docker-compose.yml starts, as processes: each with the arguments, files and variables that stand there. */
export class ComposeFleet {
  readonly #folder = mkdtempSync(join(tmpdir(), 'compose-'));
  readonly volumes = { config: join(this.#folder, 'config'), secrets: join(this.#folder, 'secrets') };
  readonly gateways: Pod[] = [];
  /** What init printed. */
  said = '';
  url = '';
  /** What the health check of the proxy asks. */
  healthUrl = '';
  #image?: Image;
  #env: Readonly<Record<string, string>> = {};
  #redis?: RedisServer;
  #proxy?: ChildProcess;
  simulator?: SimulatorHandle;

  async start(): Promise<void> {
    this.#image = buildImage();
    const [settings] = mounts(service('gateway'));
    for (const folder of Object.values(this.volumes)) mkdirSync(folder);
    cpSync(join(REPOSITORY, settings?.source ?? ''), join(this.volumes.config, 'gateway.yaml'));
    this.said = this.init();

    const [, ...redisArgs] = service('redis').command ?? [];
    this.#redis = await RedisServer.start(redisArgs);
    this.simulator = await spawnSimulator();
    const [port, adminPort, proxyPort, healthPort] = await Promise.all(
      Array.from({ length: 4 }, () => freePort()),
    );
    const env = {
      ...service('gateway').environment,
      AMPERITY_BASE_URL: this.simulator.dataUrl,
      REDIS_URL: this.#redis.url,
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
    };
    this.#env = env;
    const hosts = Array.from(
      { length: service('gateway').deploy?.replicas ?? 0 },
      (_, at) => `127.0.0.${at + 1}`,
    );
    for (const host of hosts) {
      const own = { ...env, HOST: host, ADMIN_HOST: host };
      this.gateways.push(startPod(this.#image, { env: own, volumes: this.volumes }));
    }
    await Promise.all(this.gateways.map((gateway) => gateway.listening()));

    // No name service: what it would find stands there instead.
    const servers = hosts.map((host, at) => `server gateway${at + 1} ${host}:${port}`).join('\n  ');
    const file = join(this.#folder, 'haproxy.cfg');
    writeFileSync(
      file,
      composeFile('haproxy.cfg')
        .replace(/^resolvers docker\n( .*\n)+/m, '')
        .replace(/ init-addr none resolvers docker$/m, '')
        .replace(/server-template gateway .*/, servers)
        .replace('check port 9090', `check port ${adminPort}`)
        .replace('bind :8080', `bind 127.0.0.1:${proxyPort}`)
        .replace('127.0.0.1:8081', `127.0.0.1:${healthPort}`),
    );
    this.#proxy = startHaproxy(file);
    this.url = `http://127.0.0.1:${proxyPort}`;
    this.healthUrl = `http://127.0.0.1:${healthPort}`;
  }

  /** Runs the service of that name again. */
  init(): string {
    const [, secrets] = mounts(service('gateway'));
    const args = (service('init').command ?? []).map((arg) =>
      arg.replace(secrets?.target ?? '', this.volumes.secrets),
    );
    return execFileSync(process.execPath, args, { cwd: this.#image?.folder, env: {}, encoding: 'utf8' });
  }

  /** What a command in the container of a gateway prints, and its exit code. */
  async exec([program, ...args]: readonly string[]): Promise<{ code: number | null; printed: string }> {
    if (this.#image === undefined) throw new Error('nothing was started');
    if (program !== this.#image.entrypoint[0]) throw new Error(`the image has no ${program}`);
    const pod = startPod(this.#image, { env: this.#env, volumes: this.volumes, args });
    const code = await pod.ended();
    return { code, printed: pod.output.join('\n') };
  }

  async stop(): Promise<void> {
    if (this.#proxy) {
      const gone = once(this.#proxy, 'exit');
      this.#proxy.kill();
      await gone;
    }
    await Promise.all(this.gateways.map((gateway) => gateway.stop('SIGINT')));
    await this.#redis?.stop();
    await this.simulator?.stop();
    this.#image?.remove();
    rmSync(this.#folder, { recursive: true });
  }
}
