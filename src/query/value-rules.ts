import { isFitText } from './percent-decoding.ts';

/**
 * The rule of each value, on decoded text: `undefined` when it holds, else the reason to show, which never
 * repeats the value. Independent of where the value stood, so a body and a query string obey the same rules.
 */
export type ValueRule = (value: string) => string | undefined;

export const MAX_FILTER_BYTES = 512;
export const LIMIT = /^[1-9][0-9]{0,3}$/;
export const NEXT_TOKEN = /^[A-Za-z0-9+/=_.~-]{1,2048}$/;

export const filterValue: ValueRule = (value) => {
  if (value === '') return 'must not be empty';
  if (!isFitText(value)) return 'must be well-formed UTF-8 without control characters';
  if (Buffer.byteLength(value) > MAX_FILTER_BYTES)
    return `must be at most ${MAX_FILTER_BYTES} bytes of UTF-8`;
  return undefined;
};

/** Only plain decimal: `Number()` would also read `0x10`, `1e3` and blanks. */
export const limitValue: ValueRule = (value) =>
  LIMIT.test(value) ? undefined : 'must be a whole number from 1 to 9999';

/** Empty and `null` are what clients send after the last page; upstream would start again at the first one. */
export const nextTokenValue: ValueRule = (value) => {
  if (value === '' || value === 'null') return 'must be left out when there is no next page';
  if (value.includes(' ')) return 'must not contain a space; a + in it has to be sent as %2B';
  return NEXT_TOKEN.test(value)
    ? undefined
    : 'must be 1 to 2048 characters of A-Z, a-z, 0-9, +, /, =, _, ., ~ and -';
};

export const withTotalValue: ValueRule = (value) =>
  value === 'true' || value === 'false' ? undefined : 'must be true or false';
