import { Connection } from './connection.ts';
import { memberOf, membersOf, piecesOf } from './json-pieces.ts';
import { INDEXES, type Index } from './policies.ts';

export type Filters = readonly (readonly [attribute: string, value: string])[];

/** One page of a walk, or one profile. */
export interface Page {
  /** Its place among all pages. */
  readonly number: number;
  readonly index: Index;
  /** Whether it is one profile, asked for by its id. */
  readonly isProfile: boolean;
  readonly filters: Filters;
  readonly limit: number;
  /** Cursors that lead here; empty for the first page. */
  readonly cursors: readonly string[];
  /** Cursors that lead on, as they are with and without a total; empty on the last page. */
  readonly next: readonly string[];
  readonly total: number;
  readonly ids: readonly string[];
  /** As the simulator sent it, without total and cursor. */
  readonly body: string;
}

/** All profiles that a question finds, in order. */
export interface Result {
  readonly index: Index;
  readonly filters: Filters;
  readonly ids: readonly string[];
}

/** What the simulator answers to every question that will be asked, read from it directly and once. */
export interface Truth {
  readonly pages: readonly Page[];
  readonly results: readonly Result[];
  /** Profiles as they were written. */
  readonly profiles: Readonly<Record<Index, ReadonlyMap<string, string>>>;
}

const HEADERS =
  'host: simulator\r\nauthorization: Bearer sim-token\r\namperity-tenant: acme\r\napi-version: 2025-07-31';
const WHOLE_INDEX = 1000;
const BY_ONE_ATTRIBUTE = ['first_name', 'last_name', 'city'] as const;

/** @param dataUrl base URL of the simulator, whose data must not change from here on */
export async function readTruth(dataUrl: string): Promise<Truth> {
  const reader = new Reader(dataUrl);
  try {
    const profiles = Object.fromEntries(
      await Promise.all(INDEXES.map(async (index) => [index, await reader.profiles(index)])),
    );
    for (const index of INDEXES) await reader.readIndex(index, profiles[index]);
    return { pages: reader.pages, results: reader.results, profiles };
  } finally {
    reader.close();
  }
}

/** Of every index, without any question. */
export async function readProfiles(dataUrl: string): Promise<Truth['profiles']> {
  const reader = new Reader(dataUrl);
  try {
    const read = INDEXES.map(async (index) => [index, await reader.profiles(index)]);
    return Object.fromEntries(await Promise.all(read));
  } finally {
    reader.close();
  }
}

class Reader {
  readonly pages: Page[] = [];
  readonly results: Result[] = [];
  readonly #connection: Connection;
  readonly #base: string;

  constructor(dataUrl: string) {
    this.#connection = new Connection(dataUrl);
    this.#base = new URL(dataUrl).pathname;
  }

  close(): void {
    this.#connection.hangUp();
  }

  async profiles(index: Index): Promise<ReadonlyMap<string, string>> {
    const page = await this.#get(`/indexes/${index}/profiles?limit=${WHOLE_INDEX}`);
    return new Map(piecesOf(memberOf(page, 'data')?.value ?? '[]').map((text) => [idOf(text), text]));
  }

  async readIndex(index: Index, profiles: ReadonlyMap<string, string>): Promise<void> {
    const people = [...profiles.values()].map(attributesOf);
    const walks: Promise<void>[] = [2, 5].map((limit) => this.#walk(index, [], limit));
    for (const name of BY_ONE_ATTRIBUTE) {
      for (const value of new Set(people.map((person) => person[name] ?? '').filter(isAskable))) {
        for (const limit of [2, 5]) walks.push(this.#walk(index, [[name, value]], limit));
      }
    }
    const pairs = new Set(
      people
        .map(({ city, first_name }) => Object.entries({ city, first_name }))
        .filter((pair) => pair.every(([, value]) => isAskable(value)))
        .map((pair) => JSON.stringify(pair)),
    );
    for (const pair of pairs) walks.push(this.#walk(index, JSON.parse(pair), 3));
    for (const name of BY_ONE_ATTRIBUTE) walks.push(this.#walk(index, [[name, 'Nobody']], 2));
    await Promise.all(walks);
    for (const { filters, ids } of this.pages.filter((page) => page.index === index)) {
      const strays = ids.filter((id) => {
        const person = attributesOf(profiles.get(id) ?? '{}');
        return filters.some(([name, value]) => person[name] !== value);
      });
      if (strays.length > 0) throw new Error(`the simulator finds ${strays} by ${JSON.stringify(filters)}`);
    }
    for (const [id, text] of profiles) {
      const page = { index, isProfile: true, filters: [], limit: 0, cursors: [], next: [], total: 0 };
      this.pages.push({ ...page, number: this.pages.length, ids: [id], body: text });
    }
  }

  async #walk(index: Index, filters: Filters, limit: number): Promise<void> {
    const found: string[] = [];
    let cursors: readonly string[] = [];
    do {
      const question = pathOf({ index, filters, limit }, cursors[0]);
      const [plain, counted] = await Promise.all([
        this.#get(question),
        this.#get(`${question}&with_total=true`),
      ]);
      const total = Number(memberOf(counted, 'total')?.value);
      const next = [plain, counted].flatMap((page) => cursorIn(page) ?? []);
      const body = without(plain, 'next_token');
      if (body !== without(without(counted, 'next_token'), 'total'))
        throw new Error(`two answers to ${question}`);
      const ids = piecesOf(memberOf(plain, 'data')?.value ?? '[]').map(idOf);
      found.push(...ids);
      const asked = { index, isProfile: false, filters, limit, cursors, next, total };
      this.pages.push({ ...asked, number: this.pages.length, ids, body });
      cursors = next;
    } while (cursors.length > 0);
    if (limit !== 5) this.results.push({ index, filters, ids: found });
  }

  async #get(path: string): Promise<string> {
    const answer = await this.#connection.ask(`GET ${this.#base}${path} HTTP/1.1\r\n${HEADERS}\r\n\r\n`);
    if (answer?.status !== 200) throw new Error(`the simulator answered ${answer?.status} to ${path}`);
    return answer.body.toString('utf8');
  }
}

/** The gateway takes no empty filter, and none with control characters. */
export const isAskable = (value: string | undefined): boolean =>
  value !== undefined && /^\P{Cc}+$/u.test(value);

function pathOf(
  { index, filters, limit }: Pick<Page, 'index' | 'filters' | 'limit'>,
  cursor: string | undefined,
): string {
  const pairs = filters.map(([name, value]) => `&filter[${name}]=${encodeURIComponent(value)}`).join('');
  const from = cursor === undefined ? '' : `&next_token=${encodeURIComponent(cursor)}`;
  return `/indexes/${index}/profiles?limit=${limit}${pairs}${from}`;
}

const idOf = (profile: string): string => JSON.parse(memberOf(profile, 'id')?.value ?? 'null');

export const attributesOf = (profile: string): Record<string, string> =>
  Object.fromEntries(
    membersOf(memberOf(profile, 'attributes')?.value ?? '{}')
      .filter(({ value }) => value.startsWith('"'))
      .map(({ name, value }) => [name, JSON.parse(value)]),
  );

const cursorIn = (page: string): string | undefined => {
  const value = memberOf(page, 'next_token')?.value;
  return value === undefined ? undefined : JSON.parse(value);
};

/** The rest of the text as it was. */
function without(page: string, name: string): string {
  const member = memberOf(page, name);
  return member === undefined ? page : page.replace(`${member.piece},`, '');
}
