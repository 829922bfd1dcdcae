import { connectRedis, type RedisClient, type RedisSettings } from '../../src/shared/redis.ts';
import { parseRedisUrl } from '../../src/shared/redis-url.ts';
import { eventually } from './eventually.ts';

/** A client as the gateway opens it, with what it was told went wrong. */
export interface TestClient {
  readonly client: RedisClient;
  readonly errors: Error[];
}

const opened: RedisClient[] = [];

/** @param more overrides what the URL says */
export function openClient(
  url: string,
  more: Partial<RedisSettings> = {},
  onError?: (error: Error) => void,
): TestClient {
  const parsed = parseRedisUrl(url);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const { servers, tls, username, password } = parsed;
  const settings: RedisSettings = {
    servers,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: { kind: 'value', value: password } }),
    ...(tls && { tls: {} }),
    ...more,
  };
  const errors: Error[] = [];
  const client = connectRedis(settings, {
    clientName: 'a-test',
    onError: (error) => {
      errors.push(error);
      onError?.(error);
    },
  });
  opened.push(client);
  return { client, errors };
}

export const untilReady = (client: RedisClient, withinMs?: number): Promise<true> =>
  eventually('the client is ready', () => client.status === 'ready', withinMs) as Promise<true>;

/** Opens a client and waits until it can be used. */
export async function readyClient(url: string, more?: Partial<RedisSettings>): Promise<TestClient> {
  const opening = openClient(url, more);
  await untilReady(opening.client);
  return opening;
}

/** For clients that were not opened here, such as duplicates. */
export function closeLater<T extends RedisClient>(client: T): T {
  opened.push(client);
  return client;
}

/** Closes what was opened since the last call. */
export function closeClients(): void {
  for (const client of opened.splice(0)) client.disconnect();
}
