import type { Expected } from './expected.ts';
import type { Ask, Judge } from './judge.ts';
import type { Page, Result, Truth } from './truth.ts';

/** A question as it goes over the wire. */
export interface Asked {
  readonly ask: Ask;
  readonly request: string;
}

export interface QuestionsParts {
  readonly truth: Truth;
  readonly teams: readonly Expected[];
  /** The key of each team by its name. */
  readonly keys: Readonly<Record<string, string>>;
  /** Knows which validators were handed out. */
  readonly judge: Judge;
  readonly random: () => number;
}

/** Pages that everybody asks for all the time. */
const POPULAR = 60;
/** Callers that a page interests before another one does. */
const CROWD = 12;
const SHARES = { refusal: 0.01, export: 0.004, head: 0.01, ownTag: 0.12, foreignTag: 0.04, total: 0.3 };

/**
 * Draws questions that six teams have in common: mostly popular ones, some that many ask at the same moment and nobody
 * has asked for long, and some from anywhere.
 */
export class Questions {
  readonly #parts: QuestionsParts;
  readonly #popular: readonly Page[];
  #topic: Page;
  #interested = 0;
  /** Of questions that are not popular. */
  coldShare = 0.04;

  constructor(parts: QuestionsParts) {
    this.#parts = parts;
    this.#popular = Array.from({ length: POPULAR }, () => this.#pick(parts.truth.pages));
    this.#topic = this.#pick(parts.truth.pages);
  }

  next(): Asked {
    const { random, teams, truth } = this.#parts;
    const team = this.#pick(teams);
    const chance = random();
    if (chance < SHARES.refusal) return this.#refused(team);
    if (chance < SHARES.refusal + SHARES.export && team.policy.exports) {
      const result = this.#pick(truth.results);
      if (mayAsk(team, result)) return this.#export(team, result);
    }
    for (;;) {
      const page = this.#page();
      if (mayAsk(team, page)) return this.#asked(team, page);
    }
  }

  #page(): Page {
    if (this.#chance(1 - this.coldShare)) {
      // The square makes the first of them the most popular.
      return this.#popular[Math.floor(this.#parts.random() ** 2 * POPULAR)] ?? this.#topic;
    }
    if (this.#chance(0.1)) return this.#pick(this.#parts.truth.pages);
    this.#interested += 1;
    if (this.#interested % CROWD === 0) this.#topic = this.#pick(this.#parts.truth.pages);
    return this.#topic;
  }

  #asked(team: Expected, page: Page): Asked {
    const withTotal = team.policy.withTotal && !page.isProfile && this.#chance(SHARES.total);
    const isHead = this.#chance(SHARES.head);
    const tags = isHead ? [] : this.#tags(team, page);
    const headers = tags.length === 0 ? [] : [`If-None-Match: ${tags.join(', ')}`];
    const ask: Ask = { kind: 'page', team, page, withTotal, tags, isHead };
    const base = `/api/indexes/${page.index}/profiles`;
    if (page.isProfile) {
      const path = `${base}/${encodeURIComponent(page.ids[0] ?? '')}`;
      return { ask, request: this.#request(team, isHead ? 'HEAD' : 'GET', path, headers) };
    }
    const cursor = page.cursors.length === 0 ? undefined : this.#pick(page.cursors);
    if (!isHead && this.#chance(0.15)) {
      const body = JSON.stringify({
        filter: Object.fromEntries(page.filters),
        limit: page.limit,
        ...(cursor !== undefined && { next_token: cursor }),
        ...(withTotal && { with_total: true }),
      });
      const [method, path] = this.#chance(0.5) ? ['QUERY', base] : ['POST', `${base}/search`];
      return { ask, request: this.#request(team, method ?? '', path ?? '', headers, body) };
    }
    const query = this.#query(page, [
      ['limit', String(page.limit)],
      ...(cursor === undefined ? [] : [['next_token', cursor] as const]),
      ...(withTotal ? [['with_total', 'true'] as const] : []),
    ]);
    return { ask, request: this.#request(team, isHead ? 'HEAD' : 'GET', `${base}?${query}`, headers) };
  }

  /** Of this page as this team and, to no avail, as another one sees it. */
  #tags(team: Expected, page: Page): string[] {
    const { judge, teams } = this.#parts;
    const own = this.#chance(SHARES.ownTag) ? judge.latest(team, page) : undefined;
    const foreign = this.#chance(SHARES.foreignTag) ? judge.latest(this.#pick(teams), page) : undefined;
    return [own, foreign].filter((tag) => tag !== undefined);
  }

  #export(team: Expected, result: Result): Asked {
    const format = this.#chance(0.5) ? 'csv' : 'ndjson';
    const query = this.#query(result, [['limit', String(this.#pick([10, 50, 200]))]]);
    const path = `/exports/indexes/${result.index}/profiles.${format}?${query}`;
    return { ask: { kind: 'export', team, result, format }, request: this.#request(team, 'GET', path, []) };
  }

  #refused(team: Expected): Asked {
    const { truth } = this.#parts;
    if (this.#chance(0.2)) {
      const path = `/api/indexes/idx-loyalty/profiles/m-9${this.#pick(['9991', '9992', '9993'])}`;
      return { ask: { kind: 'refusal', team, status: 404 }, request: this.#request(team, 'GET', path, []) };
    }
    const page = this.#pick(truth.pages);
    if (mayAsk(team, page)) {
      const query = this.#query({ filters: [['nothing', 'x']] }, [['limit', '2']]);
      const path = `/api/indexes/${page.index}/profiles?${query}`;
      const key = this.#chance(0.5) ? 'agw_test_unknown_key' : undefined;
      const status = key === undefined ? 403 : 401;
      // Who may filter by whatever there is asks for what is not there.
      if (team.policy.shown[page.index] === '*' && key === undefined) return this.#asked(team, page);
      return {
        ask: { kind: 'refusal', team, status },
        request: this.#request(team, 'GET', path, [], undefined, key),
      };
    }
    const { request } = this.#asked(team, page);
    return { ask: { kind: 'refusal', team, status: 403 }, request };
  }

  /** In any order and spelling: it is the same question. */
  #query({ filters }: Pick<Page, 'filters'>, others: readonly (readonly [string, string])[]): string {
    const brackets = this.#chance(0.5) ? ['[', ']'] : ['%5B', '%5D'];
    const pairs = [
      ...filters.map(([name, value]) => `filter${brackets.join(name)}=${encodeURIComponent(value)}`),
      ...others.map(([name, value]) => `${name}=${encodeURIComponent(value)}`),
    ];
    return (this.#chance(0.5) ? pairs : pairs.reverse()).join('&');
  }

  #request(
    { policy }: Expected,
    method: string,
    path: string,
    headers: readonly string[],
    body?: string,
    key = this.#parts.keys[policy.name],
  ): string {
    const credential = this.#chance(0.5) ? `X-API-Key: ${key}` : `Authorization: Bearer ${key}`;
    const lines = [`${method} ${path} HTTP/1.1`, 'Host: gateway', credential, ...headers];
    if (policy.origin !== undefined) lines.push(`Origin: ${policy.origin}`);
    if (body === undefined) return `${lines.join('\r\n')}\r\n\r\n`;
    lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }

  #chance(of: number): boolean {
    return this.#parts.random() < of;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#parts.random() * from.length)] as T;
  }
}

/** By the team's rights, as they stand in its policy. */
function mayAsk({ policy }: Expected, asked: Page | Result): boolean {
  const { index, filters } = asked;
  if (policy.shown[index] === undefined) return false;
  const allowed = policy.filters[index] ?? [];
  const isProfile = 'isProfile' in asked && asked.isProfile;
  return (
    (isProfile || filters.length >= policy.fewestFilters) && filters.every(([name]) => allowed.includes(name))
  );
}
