import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { INDEXES, type Index, POLICIES } from '../../chaos/teams/policies.ts';
import { httpGet, type Reply } from '../../support/http-get.ts';
import type { Checker, Question } from './checker.ts';
import type { House } from './house.ts';
import type { Ledger } from './ledger.ts';

export interface CrowdParts {
  readonly house: House;
  readonly checker: Checker;
  readonly ledger: Ledger;
  readonly random: () => number;
  readonly isOver: () => boolean;
  /** Told every answer. */
  readonly onReply: (reply: Reply) => void;
}

/** Nobody waits longer: for a turn, for three attempts of a call, and between them. An export: without a byte. */
const HUNG_MS = 90_000;
const HUNG_EXPORT_MS = 600_000;
/** As balancers have it, shorter than the server's: nobody sends into a connection that is being closed. */
const IDLE_MS = 30_000;
const FLOOD = 60;
const FLOOD_EVERY_MS = 30_000;
const POPULAR = { whole: 60, pages: 25 };

/** Six teams, each with a load of its own. */
export class Crowd {
  readonly #parts: CrowdParts;
  readonly #agents = new Map<string, http.Agent>();
  #number = 0;

  constructor(parts: CrowdParts) {
    this.#parts = parts;
  }

  /** Resolves when it is over and every request has come to an end. */
  async go(): Promise<void> {
    await Promise.all([
      this.#portal(),
      this.#shop(),
      this.#syncs(0),
      this.#syncs(1),
      this.#helpDesk(),
      this.#script(),
      this.#reports('csv'),
      this.#reports('ndjson'),
      this.#mistaken(),
    ]);
    for (const agent of this.#agents.values()) agent.destroy();
  }

  /** Popular lists, many times a second, some with totals. */
  async #portal(): Promise<void> {
    const popular = Array.from({ length: POPULAR.whole }, () => this.#list('whole', this.#pick(INDEXES)));
    await this.#steadily(40, () => {
      const question = popular[Math.floor(this.#parts.random() ** 2 * popular.length)];
      return this.#ask({ ...(question as Question & { kind: 'list' }), withTotal: this.#chance(0.3) });
    });
  }

  /** Web pages: popular questions with validators, and readers who go on before they are answered. */
  async #shop(): Promise<void> {
    const popular = Array.from({ length: POPULAR.pages }, () => this.#list('pages', this.#pick(INDEXES)));
    const tags = new Map<Question, string>();
    await this.#steadily(70, async () => {
      const question = this.#pick(popular);
      const tag = this.#chance(0.5) ? tags.get(question) : undefined;
      const goesAfterMs = this.#chance(0.05) ? Math.floor(this.#parts.random() * 1500) : undefined;
      const reply = await this.#ask(question, { tag, goesAfterMs });
      if (reply?.headers.etag !== undefined) tags.set(question, reply.headers.etag);
    });
  }

  /** Walks whole results, page by page, and begins again where a cursor has expired. */
  async #syncs(turn: number): Promise<void> {
    while (!this.#parts.isOver()) {
      const index = this.#pick(['idx-loyalty', 'idx-shoppers'] as const);
      await this.#walk({
        kind: 'list',
        team: 'few',
        index,
        filters: [],
        limit: this.#pick([20, 35, 60]) + turn,
      });
      await sleep(1000);
    }
  }

  /** One question at a time that nobody has asked before: what this team waits is what fairness is about. */
  async #helpDesk(): Promise<void> {
    await this.#steadily(1500, async () => {
      const index = this.#pick(INDEXES);
      const question: Question = this.#chance(0.5)
        ? { kind: 'profile', team: 'last4', index, id: this.#pick(this.#parts.checker.idsFor(index, [])) }
        : this.#list('last4', index);
      const from = performance.now();
      const reply = await this.#ask(question);
      // What was stored has waited for nothing; who was refused has waited in vain.
      if (!reply?.headers['cache-status']?.includes('; hit'))
        this.#parts.ledger.waited('last4', performance.now() - from);
    });
  }

  /** Asks sixty new things at once, every now and then. */
  async #script(): Promise<void> {
    await this.#steadily(FLOOD_EVERY_MS, async () => {
      const all = Array.from({ length: FLOOD }, () => this.#ask(this.#list('hmac', this.#pick(INDEXES))));
      await Promise.all(all);
    });
  }

  async #reports(format: 'csv' | 'ndjson'): Promise<void> {
    while (!this.#parts.isOver()) {
      const index = this.#pick(INDEXES);
      const filters = this.#chance(0.3) ? this.#filters('blind', index) : [];
      const limit = this.#pick([50, 100, 200]);
      await this.#ask({ kind: 'export', team: 'blind', index, filters, limit, format });
      await sleep(5000);
    }
  }

  /** What has to be refused. */
  async #mistaken(): Promise<void> {
    const refused: readonly (readonly [team: string, path: string, due: number, key?: string])[] = [
      ['few', '/api/indexes/idx-extra-0001/profiles', 403],
      ['few', '/api/indexes/idx-loyalty/profiles?filter[email]=x', 403],
      ['hmac', '/api/indexes/idx-loyalty/profiles?with_total=true', 403],
      ['last4', '/api/indexes/idx-loyalty/profiles?limit=none', 400],
      ['whole', '/api/indexes/idx-loyalty/profiles', 401, 'agw_test_unknown_key'],
    ];
    await this.#steadily(5000, async () => {
      const [team, path, due, key] = this.#pick(refused);
      const reply = await this.#send(team, path, { key });
      if (reply === undefined) return;
      this.#parts.ledger.status(team, reply, { due });
      if (reply.status !== due)
        this.#parts.ledger.fault('no refusal, or another than is due', `${due} ${path} ${reply.status}`);
    });
  }

  async #walk(first: Question & { kind: 'list' }): Promise<void> {
    const { checker, ledger, isOver } = this.#parts;
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const reply = await this.#ask({ ...first, ...(cursor !== undefined && { cursor }) });
      if (isOver()) return;
      // It begins again with the first page.
      if (reply?.status === 410 || reply?.status === 400) return;
      if (reply?.status !== 200) {
        await sleep(1000);
        continue;
      }
      const page = checker.read(reply);
      found.push(...page.ids);
      cursor = page.cursor;
    } while (cursor !== undefined || found.length === 0);
    const due = checker.idsFor(first.index, []);
    // A walk that a rebuilt chain led over the same profile twice, or past one, would be another list.
    if (found.join('\n') !== due.join('\n'))
      ledger.fault('a walk that is not the whole', `${found.length} of ${due.length}`);
    ledger.walks += 1;
  }

  /** Begins one of these every so often, however long each takes; resolves when all have come to an end. */
  async #steadily(everyMs: number, act: () => Promise<unknown>): Promise<void> {
    const under = new Set<Promise<unknown>>();
    while (!this.#parts.isOver()) {
      const done: Promise<unknown> = act().finally(() => under.delete(done));
      under.add(done);
      await sleep(everyMs);
    }
    await Promise.all(under);
  }

  async #ask(
    question: Question,
    { tag, goesAfterMs }: { tag?: string | undefined; goesAfterMs?: number | undefined } = {},
  ): Promise<Reply | undefined> {
    const { checker, ledger } = this.#parts;
    const reply = await this.#send(question.team, pathOf(question), {
      tag,
      goesAfterMs,
      isExport: question.kind === 'export',
    });
    if (reply === undefined) return undefined;
    ledger.status(question.team, reply, {
      isOnward: question.kind === 'list' && question.cursor !== undefined,
    });
    if (reply.status !== 200 && reply.status !== 304) return reply;
    const fault = checker.check(question, reply);
    if (fault !== undefined)
      ledger.fault(
        fault,
        `${JSON.stringify(question)} ${reply.headers['cache-status']} ${reply.body.toString('utf8').slice(0, 1500)}`,
      );
    if (question.kind === 'export') ledger.exports += 1;
    return reply;
  }

  async #send(
    team: string,
    path: string,
    options: {
      key?: string | undefined;
      tag?: string | undefined;
      goesAfterMs?: number | undefined;
      isExport?: boolean;
    },
  ): Promise<Reply | undefined> {
    const { house, ledger, onReply } = this.#parts;
    const { goesAfterMs, isExport = false, key = house.keys[team] ?? '', tag } = options;
    const gateway = await house.next();
    const origin = POLICIES.find(({ name }) => name === team)?.origin;
    const headers = {
      'x-api-key': key,
      ...(origin !== undefined && { origin }),
      ...(tag !== undefined && { 'if-none-match': tag }),
    };
    ledger.asked += 1;
    const hung = AbortSignal.timeout(isExport ? HUNG_EXPORT_MS : HUNG_MS);
    const goes = goesAfterMs === undefined ? [] : [AbortSignal.timeout(goesAfterMs)];
    try {
      const signal = AbortSignal.any([hung, ...goes]);
      const reply = await httpGet(gateway.url, path, { headers, signal, agent: this.#agentOf(gateway.url) });
      onReply(gateway.answered(reply));
      return reply;
    } catch (error) {
      if (hung.aborted) ledger.hung += 1;
      else if (goes.some(({ aborted }) => aborted)) ledger.gone += 1;
      // An export that fails on its way is cut, so that nobody takes it for whole; a replica that ends waits for none that
      // takes longer than its drain.
      else if (isExport && (path.includes('.csv') || !house.isInService(gateway))) ledger.cutExports += 1;
      else ledger.strange(`${team}: ${error instanceof Error ? error.message : error}`, path.slice(0, 80));
      return undefined;
    }
  }

  #agentOf(url: string): http.Agent {
    const agent =
      this.#agents.get(url) ?? new http.Agent({ keepAlive: true, maxSockets: 500, timeout: IDLE_MS });
    this.#agents.set(url, agent);
    return agent;
  }

  /** A list that has not been asked for yet, as this team may. */
  #list(team: string, index: Index): Question & { kind: 'list' } {
    this.#number += 1;
    // One more or less on a page makes another question.
    const limit = 1 + (this.#number % (team === 'pages' ? 10 : 97));
    const isBound = team === 'pages' || this.#chance(0.7);
    return { kind: 'list', team, index, filters: isBound ? this.#filters(team, index) : [], limit };
  }

  #filters(team: string, index: Index): (readonly [string, string])[] {
    const allowed = POLICIES.find(({ name }) => name === team)?.filters[index] ?? [];
    const name = this.#pick(allowed.filter((each) => each !== 'email' && each !== 'loyalty_tier'));
    return name === undefined ? [] : [[name, this.#pick(this.#parts.checker.valuesOf(index, name))]];
  }

  #chance(of: number): boolean {
    return this.#parts.random() < of;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#parts.random() * from.length)] as T;
  }
}

function pathOf(question: Question): string {
  const { index, kind } = question;
  if (kind === 'profile') return `/api/indexes/${index}/profiles/${encodeURIComponent(question.id)}`;
  const query = [
    `limit=${question.limit}`,
    ...question.filters.map(([name, value]) => `filter[${name}]=${encodeURIComponent(value)}`),
    ...(kind === 'list' && question.cursor !== undefined
      ? [`next_token=${encodeURIComponent(question.cursor)}`]
      : []),
    ...(kind === 'list' && question.withTotal ? ['with_total=true'] : []),
  ].join('&');
  if (kind === 'export') return `/exports/indexes/${index}/profiles.${question.format}?${query}`;
  return `/api/indexes/${index}/profiles?${query}`;
}
