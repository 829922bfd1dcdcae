import type { KnobValues } from '../knobs/knob-table.ts';
import { detailColumns } from './detail-columns.ts';
import { mix } from './prng.ts';
import type { ProfileSource } from './profile-source.ts';
import { countryOfCity } from './words.ts';

const FILTERABLE = 5;
const NULL_DRAW = 40;

/**
 * Members no document mentions, written by hand because JSON.stringify cannot: `1.0`, an integer above 2^53,
 * an integer-like name and `__proto__`.
 */
const EXOTIC_ATTRIBUTES =
  ',"account_number":9007199254740993,"score":1.0,"2024":"visits","__proto__":{"polluted":"yes"}';
const EXOTIC_ITEM = ',"x_unknown":{"10":[1.0,-0,1e2],"2":"\\u00e9"}';
/** Appended to a page after `data`. */
export const EXOTIC_PAGE = ',"x_page":{"took":1.0,"serial":9007199254740993}';

export type ProfileStyle = Pick<KnobValues, 'data.columns' | 'data.shape' | 'data.types' | 'data.exotic'>;

/** The JSON text of one profile; the same for the same row, version and style. */
export function profileJson(
  source: ProfileSource,
  index: string,
  row: number,
  version: number,
  style: ProfileStyle,
): string {
  const person = source.person(row, version);
  const attributes =
    // Planted values hold quotes and line breaks, so the filterable ones are escaped properly.
    `"first_name":${JSON.stringify(person.first_name)},"last_name":${JSON.stringify(person.last_name)}` +
    `,"email":${JSON.stringify(person.email)},"loyalty_tier":"${person.loyalty_tier}","city":"${person.city}"` +
    details(source.key(row), version, person.city, style) +
    (style['data.exotic'] ? EXOTIC_ATTRIBUTES : '');
  const id = JSON.stringify(source.id(row));
  if (style['data.shape'] === 'flat') {
    const name = JSON.stringify(`${person.first_name} ${person.last_name}`);
    return withUnknownMember(`{"id":${id},"name":${name},${attributes}}`, style);
  }
  return withUnknownMember(`{"id":${id},"index_id":"${index}","attributes":{${attributes}}}`, style);
}

/** Adds to the text of an object what `data.exotic` adds to every item. */
export function withUnknownMember(text: string, style: ProfileStyle): string {
  return style['data.exotic'] ? `${text.slice(0, -1)}${EXOTIC_ITEM}}` : text;
}

function details(key: number, version: number, city: string, style: ProfileStyle): string {
  const types = style['data.types'];
  const changing = mix(key, version);
  const place = { country: countryOfCity.get(city) ?? 'ZZ' };
  let text = '';
  for (let order = 0; order < style['data.columns'] - FILTERABLE; order++) {
    const column = detailColumns[order];
    if (!column) break;
    const value = column.draw(key, changing, place, version);
    const absent = types === 'nulls' && mix(key, NULL_DRAW + order) % 5 === 0;
    text += `,"${column.name}":${absent ? 'null' : types === 'mixed' ? column.mixed(value) : `"${value}"`}`;
  }
  return text;
}
