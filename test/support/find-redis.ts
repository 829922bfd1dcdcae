import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { aptInstall } from './apt-install.ts';
import { RedisServer } from './redis-server.ts';

export interface TestRedis {
  readonly url: string;
  /** Ends what was started for the test; a Redis that was there before stays as it is. */
  stop(): Promise<void>;
}

/** What this machine has to offer; replaced where the order itself is tested. */
export interface Surroundings {
  readonly url: string | undefined;
  /** Undefined when there is no Docker or it cannot start a container. */
  container(): Promise<TestRedis | undefined>;
  hasServer(): boolean;
  /** Tries to install redis-server. */
  install(): void;
  spawn(): Promise<TestRedis>;
}

const machine: Surroundings = {
  url: process.env.TEST_REDIS_URL || undefined,
  container: async () => {
    if (process.env.DOCKER_HOST === undefined && !existsSync('/var/run/docker.sock')) return undefined;
    try {
      const { GenericContainer } = await import('testcontainers');
      const container = await new GenericContainer('redis:7-alpine').withExposedPorts(6379).start();
      const url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
      return { url, stop: async () => void (await container.stop()) };
    } catch {
      return undefined;
    }
  },
  hasServer: () => spawnSync('redis-server', ['--version']).status === 0,
  install: () => aptInstall('redis-server'),
  spawn: () => RedisServer.start(),
};

/**
 * A Redis for tests that need no special one: the one that is named, one in Docker, one that is installed, or one
 * that can be. Tests share a named one with others: they use a random `name` and never flush.
 */
export async function testRedis(from: Surroundings = machine): Promise<TestRedis> {
  if (from.url !== undefined) return { url: from.url, stop: async () => {} };
  const container = await from.container();
  if (container !== undefined) return container;
  if (!from.hasServer()) from.install();
  if (!from.hasServer()) {
    throw new Error('These tests need Redis: install redis-server, start Docker, or set TEST_REDIS_URL.');
  }
  return from.spawn();
}
