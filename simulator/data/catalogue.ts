import type { KnobValues } from '../knobs/knob-table.ts';
import { mix, mixText } from './prng.ts';
import { ProfileSource } from './profile-source.ts';
import { type IndexDescription, ProfileTable } from './profile-table.ts';

export const tenants: readonly string[] = ['acme', 'acme-sb-12345'];

const SHOPPER_ROWS = 60;
const EXTRA_ROWS = 100;
const FIXED = [
  { id: 'idx-loyalty', name: 'Loyalty Members', prefix: 'm-', digits: 5, edges: false },
  { id: 'idx-shoppers', name: 'Online Shoppers', prefix: 's-', digits: 3, edges: true },
];

/** All indexes of all tenants. Tables are made when first asked for. */
export class Catalogue {
  readonly #knobs: KnobValues;
  readonly #tables = new Map<string, ProfileTable>();
  readonly indexIds: readonly string[];

  constructor(knobs: KnobValues) {
    this.#knobs = knobs;
    const extra = Array.from({ length: knobs['data.extra_indexes'] }, (_, order) => extraId(order + 1));
    this.indexIds = [...FIXED.map(({ id }) => id), ...extra];
  }

  find(tenant: string, id: string): ProfileTable | undefined {
    const key = `${tenant}\n${id}`;
    const known = this.#tables.get(key);
    if (known) return known;
    const position = this.indexIds.indexOf(id);
    if (position < 0 || !tenants.includes(tenant)) return undefined;
    const table = this.#make(tenant, id, position);
    this.#tables.set(key, table);
    return table;
  }

  every(): ProfileTable[] {
    const found = tenants.flatMap((tenant) => this.indexIds.map((id) => this.find(tenant, id)));
    return found.filter((table) => table !== undefined);
  }

  #make(tenant: string, id: string, position: number): ProfileTable {
    const knobs = this.#knobs;
    const fixed = FIXED[position];
    const rows = position === 0 ? knobs['data.rows'] : fixed ? SHOPPER_ROWS : EXTRA_ROWS;
    const source = new ProfileSource({
      seed: knobs['data.seed'],
      tenant,
      index: id,
      rows,
      idPrefix: fixed?.prefix ?? 'x-',
      idDigits: fixed?.digits ?? 3,
      withEdges: fixed?.edges ?? false,
      first: position === 0 ? knobs['data.planted'] : [],
      pair: position * tenants.length + tenants.indexOf(tenant),
    });
    return new ProfileTable(source, rows, describeIndex(knobs, tenant, id, fixed?.name), knobs);
  }
}

function extraId(number: number): string {
  return `idx-extra-${String(number).padStart(4, '0')}`;
}

function describeIndex(knobs: KnobValues, tenant: string, id: string, name = id): IndexDescription {
  const draw = mixText(mixText(knobs['data.seed'], tenant), id);
  const createdMs = Date.UTC(2025, 3, 25) + (mix(draw, 1) % 86_400) * 1000;
  const updatedMs = Date.UTC(2025, 6, 26) + (mix(draw, 2) % 86_400) * 1000;
  return {
    id,
    name,
    description: `Synthetic profiles of ${name}`,
    createdAt: new Date(createdMs).toISOString(),
    updatedAt: new Date(updatedMs).toISOString(),
  };
}
