import { type Member, members } from '../shared/json-scan.ts';
import { invalidParameter } from './invalid-parameter.ts';
import { MAX_PARAMETERS, type Parameter } from './parameter.ts';

/** What to send, for whoever has sent something else. */
export const BODY_FORM =
  'send {"filter": {"<attribute>": "<text>"}, "limit": 100, "next_token": "…", "with_total": true}';

const QUOTE = 0x22;
const OPENING_BRACE = 0x7b;

/** What JSON has to hold for each parameter of ours; whatever else is one is a text. */
const TYPES: ReadonlyMap<string, { readonly is: RegExp; readonly reason: string }> = new Map([
  ['limit', { is: /^-?\d/, reason: 'must be a whole number from 1 to 9999, without quotes' }],
  ['with_total', { is: /^(true|false)$/, reason: 'must be true or false, without quotes' }],
]);

/**
 * The parameters in a body, in the form of those of a query string, so that both are judged by the same rules. Read
 * member by member from the text: of a member that is repeated a parser keeps the last, and so drops a filter silently.
 * Throws `invalid_parameter` for what is no object.
 *
 * @param text well-formed JSON
 */
export function readBody(text: string): Parameter[] {
  const bytes = Buffer.from(text.trim());
  if (bytes[0] !== OPENING_BRACE) {
    throw invalidParameter([{ name: 'body', reason: `must be a JSON object: ${BODY_FORM}` }]);
  }
  const parameters: Parameter[] = [];
  for (const { name, value } of namedValues(bytes)) {
    parameters.push({ position: parameters.length + 1, name, value });
    if (parameters.length > MAX_PARAMETERS) break;
  }
  return parameters;
}

function* namedValues(bytes: Buffer): Generator<Pick<Parameter, 'name' | 'value'>> {
  let hasFilter = false;
  for (const member of members(bytes)) {
    if (member.name !== 'filter') {
      // The form that filters have in a query string is not theirs here.
      const name = member.name.startsWith('filter[') ? undefined : member.name;
      yield { name, value: valueIn(bytes, member, TYPES.get(member.name)) };
      continue;
    }
    if (hasFilter) throw invalidParameter([{ name: 'filter', reason: 'must be given only once' }]);
    hasFilter = true;
    if (bytes[member.value.start] !== OPENING_BRACE) {
      throw invalidParameter([{ name: 'filter', reason: 'must be an object of texts by attribute' }]);
    }
    for (const filter of members(bytes, member.value.start)) {
      yield { name: `filter[${filter.name}]`, value: valueIn(bytes, filter) };
    }
  }
}

function valueIn(
  bytes: Buffer,
  { name, value }: Member,
  type?: { readonly is: RegExp; readonly reason: string },
): Parameter['value'] {
  const json = bytes.toString('utf8', value.start, value.end);
  if (type !== undefined) return type.is.test(json) ? { text: json } : { reason: type.reason };
  if (bytes[value.start] === QUOTE) return { text: JSON.parse(json) };
  if (name === 'next_token' && json === 'null') return { text: json };
  return { reason: 'must be a text in quotes' };
}
