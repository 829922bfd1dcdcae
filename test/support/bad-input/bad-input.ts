import fc from 'fast-check';
import type { SimulatorHandle } from '../../../simulator/client.ts';
import { createApiKey } from '../../../src/access/api-key.ts';
import { json } from '../http-get.ts';
import { FLOOD, type GatewayHandle, UPSTREAM_TOKEN } from '../spawn-gateway.ts';
import type { Attempt, World } from './attempt.ts';
import { Connection, type Exchange } from './connection.ts';
import { Judge } from './judge.ts';
import { everyMalformed, malformed } from './malformed.ts';
import { mutatedBytes } from './mutated-bytes.ts';
import { type Planned, requests } from './requests.ts';
import { SlowCallers } from './slow-callers.ts';

const NARROW_LIMIT = 10;
const EXPORT_LIMIT = 1000;

/** An Amperity that never fails, with few enough people that exports end soon. */
export const KNOBS = {
  preset: 'test',
  'latency.preset': 'off',
  'rate.kind': 'off',
  'data.rows': 300,
  'journal.keep': 2_000_000,
};

/** Nothing but the input decides: the budget never runs out, and Amperity is asked for nothing that no caller asked for. */
export const GATEWAY = {
  settings: {
    ...FLOOD,
    budget: { rate: 1000, maxInFlight: 500 },
    // Full before memory is measured.
    cache: { prefetch: { enabled: false }, memory: { maxBytes: 4_194_304 } },
  },
  teams: {
    web: { bypassCache: true },
    narrow: {
      indexes: ['idx-loyalty'],
      filters: ['first_name', 'city'],
      withTotal: false,
      maxLimit: NARROW_LIMIT,
      maxFilters: 1,
    },
    reports: { export: true, maxLimit: EXPORT_LIMIT },
  },
};

const CALLERS = 48;
const PER_CONNECTION = 25;
const FRAMED_MS = 30_000;
const UNFRAMED_MS = 700;
const BATCH = 64;
const SIGN_OF_LIFE = '/api/indexes/idx-loyalty/profiles?limit=2';
const GUESSER = '127.66.66.66';

/** Drives a gateway with input that is wrong in every way, and judges what comes of it. */
export class BadInput {
  readonly judge: Judge;
  readonly #gateway: GatewayHandle;
  readonly #simulator: SimulatorHandle;
  readonly #seed: number;
  readonly #world: World;
  readonly #slow: SlowCallers;
  #serial = 0;
  #batch = 0;
  #address = 0;

  constructor(parts: {
    gateway: GatewayHandle;
    simulator: SimulatorHandle;
    seed: number;
    cursors: readonly string[];
  }) {
    const { gateway, simulator, seed, cursors } = parts;
    this.#gateway = gateway;
    this.#simulator = simulator;
    this.#seed = seed;
    const strangers = Array.from({ length: 20 }, () => createApiKey({ label: 'test' }).key);
    this.#world = { keys: gateway.keys, strangers, cursors };
    this.judge = new Judge({
      secrets: [...Object.values(gateway.keys), UPSTREAM_TOKEN],
      limitOf: (team) => (team === 'narrow' ? NARROW_LIMIT : undefined),
      exportLimit: EXPORT_LIMIT,
    });
    const nextAddress = (): string => this.#nextAddress();
    this.#slow = new SlowCallers({ origin: gateway.url, key: gateway.key(), nextAddress, judge: this.judge });
  }

  /** In front of a simulator and a gateway that were started with {@link KNOBS} and {@link GATEWAY}. */
  static async against(gateway: GatewayHandle, simulator: SimulatorHandle, seed: number): Promise<BadInput> {
    const page = json(await gateway.get('/api/indexes/idx-loyalty/profiles?limit=50'));
    const second = json(
      await gateway.get(
        `/api/indexes/idx-loyalty/profiles?next_token=${encodeURIComponent(String(page.next_token))}`,
      ),
    );
    await simulator.clearJournal();
    const cursors = [page, second].map(({ next_token }) => String(next_token));
    return new BadInput({ gateway, simulator, seed, cursors });
  }

  /** @param each slow callers of every manner, beside everything else until {@link end} */
  startSlowCallers(each: number): void {
    this.#slow.start(each);
  }

  /** Every malformed message there is, once. */
  everyMalformed(): Promise<void> {
    return this.#drive(everyMalformed(this.#world).values());
  }

  /** So many generated attempts more. */
  generated(count: number): Promise<void> {
    return this.#drive(this.#generate(count));
  }

  /** Judges what reached Amperity and what was logged, and whether the gateway is still there. */
  async end(): Promise<void> {
    await this.#slow.stop();
    const { findings } = this.judge;
    const { child, output } = this.#gateway;
    this.judge.mean({ method: 'GET', target: SIGN_OF_LIFE }, 'web');
    const alive = await this.#gateway.get(SIGN_OF_LIFE).catch(() => undefined);
    if (alive?.status !== 200) findings.add('it no longer answers', String(alive?.status));
    if (child.exitCode !== null || child.signalCode !== null)
      findings.add('it has ended', String(child.exitCode));
    const { kept, dropped } = await this.#simulator.summary();
    if (dropped > 0) findings.add('a journal that is not whole', `${dropped} of ${kept + dropped}`);
    this.judge.journal(await this.#simulator.journal({ limit: kept }));
    this.judge.log(output);
  }

  *#generate(count: number): Generator<Planned> {
    const written = requests(this.#world);
    const anything = fc.oneof(
      { arbitrary: written, weight: 84 },
      { arbitrary: mutatedBytes(written), weight: 8 },
      { arbitrary: malformed(this.#world), weight: 8 },
    );
    for (let made = 0; made < count; made += BATCH) {
      this.#batch += 1;
      const seed = this.#seed * 1_000_003 + this.#batch;
      yield* fc.sample(anything, { seed, numRuns: Math.min(BATCH, count - made) });
    }
  }

  async #drive(plans: Iterator<Planned>): Promise<void> {
    await Promise.all(Array.from({ length: CALLERS }, () => this.#caller(plans)));
  }

  async #caller(plans: Iterator<Planned>): Promise<void> {
    let kept: { connection: Connection; left: number } | undefined;
    for (let next = plans.next(); !next.done; next = plans.next()) {
      this.#serial += 1;
      const attempt = next.value(this.#serial);
      if (!attempt.isFramed || attempt.isGuess) {
        await this.#once(attempt);
        continue;
      }
      if (kept === undefined || kept.left === 0 || kept.connection.isClosed) {
        kept?.connection.close();
        kept = { connection: new Connection(this.#gateway.url, this.#nextAddress()), left: PER_CONNECTION };
      }
      kept.left -= 1;
      const exchange = await kept.connection.send(attempt, FRAMED_MS);
      this.judge.exchange(attempt, exchange);
      if (endsConnection(exchange)) kept.left = 0;
    }
    kept?.connection.close();
  }

  async #once(attempt: Attempt): Promise<void> {
    const address = attempt.isGuess ? GUESSER : this.#nextAddress();
    const connection = new Connection(this.#gateway.url, address);
    const exchange = await connection.send(attempt, attempt.isFramed ? FRAMED_MS : UNFRAMED_MS);
    connection.close();
    this.judge.exchange(attempt, exchange);
  }

  /** Another one of 127.0.0.0/8 for each connection: what is held against an address is not held against the next. */
  #nextAddress(): string {
    this.#address += 1;
    const number = this.#address;
    return `127.${1 + ((number >> 15) % 60)}.${(number >> 7) & 255}.${1 + (number & 127)}`;
  }
}

const endsConnection = ({ answers, isClosed }: Exchange): boolean =>
  isClosed || answers.length === 0 || /^close$/i.test(answers.at(-1)?.headers.connection ?? '');
