import { LRUCache } from 'lru-cache';
import type { View } from '../projection/view.ts';
import { sharedView } from './shown-attributes.ts';
import { browserTeamOf, type MaskKeys, type Team, teamOf } from './team.ts';
import type { KeyRecord, TeamRecord, TokenRule } from './team-record.ts';

/** A key with what it stands for. */
export interface KnownKey {
  readonly record: KeyRecord;
  /** SHA-256 of the whole key. */
  readonly digest: Buffer;
  /** As far as this key reaches. */
  readonly team: Team;
}

const SHA256_HEX = /^[0-9a-f]{64}$/i;

/** Who is let in, and as whom. Immutable: after a change of the teams another one takes its place. */
export class Roster {
  /** By name. */
  readonly teams: ReadonlyMap<string, Team>;
  /** Of all teams together. */
  readonly weight: number;
  readonly #keys = new Map<string, KnownKey>();
  readonly #origins: ReadonlySet<string>;
  readonly #sharedViews = new LRUCache<string, View>({ max: 1000 });
  readonly #rules: readonly { readonly rule: TokenRule; readonly team: Team }[];

  /** Throws Error for a key id that stands twice, a digest that is not 64 hex digits, or a mask without its key. */
  constructor(records: Readonly<Record<string, TeamRecord>>, maskKeys: MaskKeys) {
    const named = Object.entries(records).map(([name, record]) => ({
      record,
      team: teamOf(name, record, maskKeys),
    }));
    this.teams = new Map(named.map(({ team }) => [team.name, team]));
    this.weight = named.reduce((sum, { team }) => sum + team.weight, 0);
    for (const { record, team } of named) {
      for (const key of record.keys) this.#add(key, reachOf(key, team, record, maskKeys));
    }
    const known = [...this.#keys.values()];
    this.#origins = new Set(
      known.flatMap(({ record: { origins = [], state } }) => (state === 'revoked' ? [] : origins)),
    );
    this.#rules = named.flatMap(({ record, team }) => record.jwt.map((rule) => ({ rule, team })));
  }

  key(id: string): KnownKey | undefined {
    return this.#keys.get(id);
  }

  get keys(): Iterable<KnownKey> {
    return this.#keys.values();
  }

  /** The one team whose rule these claims fit; undefined when there is none, or more than one. */
  teamOfToken(issuer: string, claims: Readonly<Record<string, unknown>>): Team | undefined {
    const fitting = new Set(
      this.#rules.filter(({ rule }) => fits(rule, issuer, claims)).map(({ team }) => team),
    );
    const [team] = fitting;
    return fitting.size === 1 ? team : undefined;
  }

  /** What of an index is shown to anybody at all: no more of it need be stored. */
  sharedView(index: string): View {
    const known = this.#sharedViews.get(index);
    if (known !== undefined) return known;
    const readers = [...this.teams.values()].filter(
      ({ indexes }) => indexes.includes('*') || indexes.includes(index),
    );
    const view = sharedView(
      index,
      readers.map(({ attributes }) => attributes),
    );
    this.#sharedViews.set(index, view);
    return view;
  }

  /** Whether some browser key is for pages of this origin. */
  isOrigin(origin: string): boolean {
    return this.#origins.has(origin);
  }

  #add(record: KeyRecord, team: Team): void {
    if (this.#keys.has(record.id)) throw new Error(`key id ${record.id} stands twice in the teams`);
    // timingSafeEqual throws on unequal lengths: a short digest must fail here, not at each request.
    if (!SHA256_HEX.test(record.sha256)) throw new Error(`sha256 of key ${record.id} is not 64 hex digits`);
    this.#keys.set(record.id, { record, digest: Buffer.from(record.sha256, 'hex'), team });
  }
}

const reachOf = (key: KeyRecord, team: Team, record: TeamRecord, maskKeys: MaskKeys): Team =>
  key.kind === 'browser' ? browserTeamOf(team, record, key, maskKeys) : team;

const fits = (rule: TokenRule, issuer: string, claims: Readonly<Record<string, unknown>>): boolean =>
  rule.issuer === issuer &&
  Object.entries(rule.claims).every(([name, value]) => Object.hasOwn(claims, name) && claims[name] === value);
