import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { RedisServer } from '../redis-server.ts';

type Server = Pick<RedisServer, 'port' | 'folder'>;

/** Remembers all that Redis is told, by MONITOR, and all that lies in it whenever it is looked at. */
export class RedisWatch {
  readonly #server: Server;
  readonly #told: Buffer[] = [];
  readonly #found = new Map<string, Buffer>();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async on(server: Server): Promise<RedisWatch> {
    const watch = new RedisWatch(server);
    watch.#listen();
    if (watch.#socket !== undefined) await once(watch.#socket, 'data');
    return watch;
  }

  /** Each argument of each command, names included. */
  get told(): Buffer[] {
    const lines = Buffer.concat(this.#told).toString('latin1').split('\r\n');
    const words = new Map<string, Buffer>();
    for (const line of lines) {
      for (const [, word = ''] of line.matchAll(/"((?:[^"\\]|\\.)*)"/g)) {
        if (!words.has(word)) words.set(word, unescaped(word));
      }
    }
    return [...words.values()];
  }

  /** Each name, value and member seen so far. */
  get found(): Buffer[] {
    return [...this.#found.values()];
  }

  /** Looks at everything that is there now, and at what it would write to a disk. */
  async look(): Promise<void> {
    const redis = new Redis(this.#server.port, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => {});
    try {
      for (const key of await redis.keysBuffer('*')) this.#note(key, ...(await valuesOf(redis, key)));
      await redis.save();
      this.#note(readFileSync(join(this.#server.folder, 'dump.rdb')));
    } finally {
      redis.disconnect();
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket?.removeAllListeners('close').destroy();
  }

  #note(...all: readonly Buffer[]): void {
    for (const bytes of all) this.#found.set(bytes.toString('latin1'), bytes);
  }

  /** A Redis that is started again is listened to again. */
  #listen(): void {
    const socket = createConnection({ host: '127.0.0.1', port: this.#server.port });
    this.#socket = socket;
    socket.on('connect', () => socket.write('MONITOR\r\n'));
    socket.on('data', (chunk) => this.#told.push(chunk));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#timer = setTimeout(() => this.#listen(), 20);
    });
  }
}

async function valuesOf(redis: Redis, key: Buffer): Promise<Buffer[]> {
  switch (await redis.type(key)) {
    case 'string':
      return [await redis.getBuffer(key)].filter((value) => value !== null);
    case 'hash':
      return Object.entries(await redis.hgetallBuffer(key)).flatMap(([name, value]) => [
        Buffer.from(name),
        value,
      ]);
    case 'set':
      return redis.smembersBuffer(key);
    case 'zset':
      return redis.zrangeBuffer(key, '0', '-1');
    case 'list':
      return redis.lrangeBuffer(key, 0, -1);
    default:
      return [];
  }
}

const NAMED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

/** MONITOR writes arguments as `sdscatrepr` does. */
const unescaped = (word: string): Buffer =>
  Buffer.from(
    word.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex, sign) =>
      hex === undefined ? (NAMED[sign] ?? sign) : String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  );
