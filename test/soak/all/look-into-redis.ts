import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Canary } from '../../support/canary/canaries.ts';
import { RedisWatch } from '../../support/canary/redis-watch.ts';
import { Search } from '../../support/canary/search.ts';

// Hears for some seconds what a Redis is told, reads all that lies in it, and prints which of the values on its standard
// input it came upon.

const LISTEN_MS = 3000;
const [port = '', folder = ''] = process.argv.slice(2);
const planted: { what: string; value: string }[] = JSON.parse(await text(process.stdin));
const search = new Search(planted.map((each): Canary => ({ ...each, allowed: new Set() })));
// A master that dies meanwhile tells nothing.
process.once('uncaughtException', () => process.exit(1));
const watch = await RedisWatch.on({ port: Number(port), folder });
await sleep(LISTEN_MS);
await watch.look();
watch.close();
const all = [...watch.told, ...watch.found];
const finds = all.flatMap((bytes) => search.find('redis', 'Redis', bytes));
process.stdout.write(JSON.stringify({ finds, bytes: all.reduce((sum, { length }) => sum + length, 0) }));
