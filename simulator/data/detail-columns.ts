import { mix } from './prng.ts';

const EPOCH_MS = Date.UTC(2025, 6, 31);
const DAY_S = 86_400;

/** An attribute that cannot be filtered. `draw` gives text that needs no escaping in JSON. */
export interface DetailColumn {
  readonly name: string;
  /** `key` is stable per row, `changing` also depends on the version of the row. */
  draw(key: number, changing: number, city: { country: string }, version: number): string;
  /** How `data.types=mixed` writes the text as JSON. */
  mixed(text: string): string;
}

const asText = (text: string) => `"${text}"`;
const asIs = (text: string) => text;

const namedColumns: readonly DetailColumn[] = [
  { name: 'loyalty_points', draw: (_key, changing) => String(mix(changing, 10) % 50_000), mixed: asIs },
  { name: 'lifetime_value', draw: (_key, changing) => money(mix(changing, 11) % 2_000_000), mixed: asIs },
  { name: 'country', draw: (_key, _changing, { country }) => country, mixed: asText },
  { name: 'birth_year', draw: (key) => String(1940 + (mix(key, 12) % 66)), mixed: asIs },
  { name: 'opted_in', draw: (key) => (mix(key, 13) % 3 === 0 ? 'false' : 'true'), mixed: asIs },
  {
    name: 'preferred_store',
    draw: (key) => `Store ${1 + (mix(key, 14) % 120)}`,
    mixed: (text) => `{"name":"${text}","number":${text.slice(6)}}`,
  },
  {
    name: 'last_purchase_at',
    draw: (_key, changing) => before(mix(changing, 15) % (400 * DAY_S)),
    mixed: asText,
  },
  { name: 'created_at', draw: (key) => before(400 * DAY_S + (mix(key, 16) % (1500 * DAY_S))), mixed: asText },
  {
    name: 'updated_at',
    draw: (key, _changing, _city, version) => before((mix(key, 17) % (30 * DAY_S)) - version * DAY_S),
    mixed: asText,
  },
];

const paddingColumns: readonly DetailColumn[] = Array.from({ length: 16 }, (_, order) => ({
  name: `attribute_${15 + order}`,
  draw: (key: number) => `v${mix(key, 20 + order) % 10_000}`,
  mixed: order % 3 === 0 ? (text: string) => `["${text}",null]` : asText,
}));

export const detailColumns: readonly DetailColumn[] = [...namedColumns, ...paddingColumns];

function money(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** RFC 3339 with seconds, counted back from the fixed epoch. */
function before(seconds: number): string {
  return `${new Date(EPOCH_MS - seconds * 1000).toISOString().slice(0, 19)}Z`;
}
