import { type Person, type PlantedRow, plantRows } from './planted-rows.ts';
import { mix, mixText, unit } from './prng.ts';
import { cities, firstNames, lastNames, loyaltyTiers, mailDomains } from './words.ts';

export interface SourceOptions {
  readonly seed: number;
  readonly tenant: string;
  readonly index: string;
  /** Rows of generation 0. */
  readonly rows: number;
  readonly idPrefix: string;
  readonly idDigits: number;
  readonly withEdges: boolean;
  /** What the first rows are to be. */
  readonly first: readonly PlantedRow[];
  /** Number of this pair of tenant and index: no two neighbours share a city of Daniel Kulhman. */
  readonly pair: number;
}

const DRAW = { firstName: 1, lastName: 2, domain: 3, tier: 4, city: 5 } as const;

/** Position of a drawn value in its word list, or {@link PLANTED} when the row is not drawn. */
export interface PersonCodes {
  readonly first_name: number;
  readonly last_name: number;
  readonly loyalty_tier: number;
  readonly city: number;
}

/** Every row of one index of one tenant, derived from its number and version alone. */
export class ProfileSource {
  readonly planted: ReadonlyMap<number, PlantedRow>;
  readonly #options: SourceOptions;
  readonly #base: number;
  readonly #danielEvery: number;
  readonly #rowOfPlantedId = new Map<string, number>();

  constructor(options: SourceOptions) {
    const { seed, tenant, index, rows } = options;
    this.#options = options;
    this.#base = mixText(mixText(seed, tenant), index);
    this.#danielEvery = Math.min(64, Math.max(8, Math.floor(rows / 33)));
    this.planted = plantRows(rows, options.withEdges, options.pair * 7 + seed, options.first);
    for (const [row, { id }] of this.planted) if (id !== undefined) this.#rowOfPlantedId.set(id, row);
  }

  /** All randomness of a row; a changed row has another version, the identity of its person stays. */
  key(row: number): number {
    return mix(this.#base, row);
  }

  /** A draw in [0, 1) for choosing the rows of a rebuild. */
  rebuildDraw(generation: number, purpose: number): number {
    return unit(mix(mix(this.#base, 0x5eed + purpose), generation));
  }

  id(row: number): string {
    const planted = this.planted.get(row)?.id;
    return planted ?? this.#options.idPrefix + String(row).padStart(this.#options.idDigits, '0');
  }

  /** The row an id stands for, whether or not it is alive; undefined if no row can have that id. */
  rowOfId(id: string): number | undefined {
    const planted = this.#rowOfPlantedId.get(id);
    if (planted !== undefined) return planted;
    const { idPrefix } = this.#options;
    const digits = id.slice(idPrefix.length);
    if (!id.startsWith(idPrefix) || !/^\d{1,9}$/.test(digits)) return undefined;
    const row = Number(digits);
    return this.id(row) === id ? row : undefined;
  }

  /** Codes of a row that is not planted. */
  codes(row: number, version: number): PersonCodes {
    const key = this.key(row);
    const daniel = row % this.#danielEvery === 1;
    return {
      first_name: daniel ? 0 : 1 + (mix(key, DRAW.firstName) % (firstNames.length - 1)),
      last_name: 1 + (mix(key, DRAW.lastName) % (lastNames.length - 1)),
      loyalty_tier: mix(mix(key, DRAW.tier), version) % loyaltyTiers.length,
      city: mix(key, DRAW.city) % cities.length,
    };
  }

  person(row: number, version: number): Person {
    const codes = this.codes(row, version);
    const planted = this.planted.get(row)?.person;
    const first_name = planted?.first_name ?? (firstNames[codes.first_name] as string);
    const last_name = planted?.last_name ?? (lastNames[codes.last_name] as string);
    return {
      first_name,
      last_name,
      email: planted?.email ?? this.#email(row, first_name, last_name),
      loyalty_tier: loyaltyTiers[codes.loyalty_tier] as string,
      city: planted?.city ?? (cities[codes.city] as string),
    };
  }

  /** Rows that may have this mail: a drawn one carries its row number, planted ones are few. */
  rowsOfEmail(email: string): number[] {
    const drawn = /(\d{1,9})@/.exec(email);
    return [...new Set([...this.planted.keys(), ...(drawn ? [Number(drawn[1])] : [])])];
  }

  #email(row: number, first: string, last: string): string {
    const domain = mailDomains[mix(this.key(row), DRAW.domain) % mailDomains.length];
    const names = [first, last].map((name) => name.toLowerCase().replaceAll(/[^a-z]/g, ''));
    return `${[...names, row].filter((part) => part !== '').join('.')}@${domain}`;
  }
}
