import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Canary, Place } from '../../support/canary/canaries.ts';
import { type Find, Search } from '../../support/canary/search.ts';
import type { Reply } from '../../support/http-get.ts';
import { residentMb } from '../../support/resident-memory.ts';
import type { GatewayHandle } from '../../support/spawn-gateway.ts';
import type { House } from './house.ts';

const EVERY_MS = 5000;
/** In turns of the above. */
const SHOWN_EVERY = 3;
const REDIS_EVERY = 12;
const DEFECTIVE: ReadonlySet<unknown> = new Set(['error', 'fatal']);

/** Sees what comes out of the house beside its answers, and the memory of each replica, by the operating system. */
export class Watch {
  readonly finds: Find[] = [];
  /** Lines of the log that only a defect writes, by what they say. */
  readonly errors = new Map<string, number>();
  /** By process: when, in s since the beginning, and MB. */
  readonly memory = new Map<number, [seconds: number, mb: number][]>();
  searchedBytes = 0;
  /** How often Redis was looked into, and told something. */
  redisLooks = 0;
  readonly #house: House;
  readonly #canaries: readonly Canary[];
  readonly #search: Search;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #turn = 0;
  readonly #looks = new Set<Promise<unknown>>();

  constructor(house: House, canaries: readonly Canary[]) {
    this.#house = house;
    this.#canaries = canaries;
    this.#search = new Search(canaries);
    this.#timer = setInterval(() => void this.#look(), EVERY_MS);
  }

  /** Heads of all answers, and bodies of refusals. */
  replied({ status, headers, body }: Reply): void {
    // Its own question is what the caller is given to begin again with: docs/problems.md.
    const { link, ...others } = headers;
    this.#find('head', 'an answer', Buffer.from(JSON.stringify(status === 410 ? others : headers)));
    if (status >= 400) this.#find('problem', `a ${status}`, body);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#look();
    await Promise.all(this.#looks);
    for (const gateway of this.#house.started) this.#read(gateway);
  }

  async #look(): Promise<void> {
    this.#turn += 1;
    for (const gateway of this.#house.started) this.#read(gateway);
    const seconds = (performance.now() - this.#startedAt) / 1000;
    for (const gateway of this.#house.replicas) {
      const { exitCode, pid, signalCode } = gateway.child;
      if (exitCode !== null || signalCode !== null || pid === undefined) continue;
      const known = this.memory.get(pid) ?? [];
      this.memory.set(pid, known);
      known.push([seconds, residentMb(gateway)]);
    }
    if (this.#turn % SHOWN_EVERY === 0) for (const gateway of this.#house.replicas) this.#shown(gateway);
    if (this.#turn % REDIS_EVERY === 0) {
      const look = this.#lookIntoRedis().finally(() => this.#looks.delete(look));
      this.#looks.add(look);
    }
  }

  #read(gateway: GatewayHandle): void {
    const lines = [...gateway.output];
    for (const line of lines) {
      const { level, msg } = readLine(line);
      if (DEFECTIVE.has(level)) this.errors.set(msg, (this.errors.get(msg) ?? 0) + 1);
    }
    this.#find('log', 'a replica', Buffer.from(lines.join('\n')));
    gateway.forgetOutput();
  }

  #shown(gateway: GatewayHandle): void {
    for (const place of ['metrics', 'status'] as const) {
      gateway.admin(`/${place}`).then(
        ({ body }) => this.#find(place, 'a replica', body),
        () => undefined,
      );
    }
  }

  /** In a process of its own: it takes seconds, in which no answer could be taken in. */
  async #lookIntoRedis(): Promise<void> {
    const master = await this.#house.sentinel.master().catch(() => undefined);
    if (master === undefined) return;
    const script = fileURLToPath(new URL('look-into-redis.ts', import.meta.url));
    const look = spawn(process.execPath, ['--import', 'tsx', script, String(master.port), master.folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    look.stdin.end(JSON.stringify(this.#canaries.map(({ what, value }) => ({ what, value }))));
    let told = '';
    look.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    await once(look, 'close');
    // A master that dies while it is looked at says nothing.
    if (told === '') return;
    const { finds, bytes } = JSON.parse(told);
    this.redisLooks += 1;
    this.finds.push(...finds);
    this.searchedBytes += bytes;
  }

  #find(place: Place, source: string, bytes: Buffer): void {
    this.searchedBytes += bytes.length;
    this.finds.push(...this.#search.find(place, source, bytes));
  }
}

/** What is no line of the log, a crash say, is as bad as one that tells of a defect. */
function readLine(line: string): { readonly level: unknown; readonly msg: string } {
  try {
    return JSON.parse(line);
  } catch {
    return { level: 'error', msg: line };
  }
}
