import fc from 'fast-check';
import { CANARY } from './canary.ts';

/** A small change of a text at one place; one byte in each character. */
export type Mutation = (text: string) => string;

const PIECES = [
  '%', '%00', '%0d%0a', '%2f', '%2e%2e', '%25', '%C0%AF', '%ff', '/', '//', '/../', '/./', '\\', '?', '??', '&', '&&',
  '=', '+', '#', ';', ':', '@', '[', ']', '[__proto__]', '"', "'", '<', '\u0000', '\u0001', '\t', ' ', '\u007f', '\u0080',
  '\u00ff', '\r', '\n', CANARY, 'A', '0',
] as const; // biome-ignore format: a table

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const piece = fc.constantFrom(...PIECES);
const at = (text: string, share: number): number => Math.floor(text.length * share);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, piece).map(
    ([share, more]): Mutation =>
      (text) => {
        const from = at(text, share);
        return text.slice(0, from) + more + text.slice(from);
      },
  ),
  fc.tuple(place, piece).map(
    ([share, other]): Mutation =>
      (text) => {
        const from = at(text, share);
        return text.slice(0, from) + other + text.slice(from + 1);
      },
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 6 })).map(
    ([share, count]): Mutation =>
      (text) => {
        const from = at(text, share);
        return text.slice(0, from) + text.slice(from + count);
      },
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 20 })).map(
    ([share, count]): Mutation =>
      (text) => {
        const from = at(text, share);
        return text.slice(0, from + count) + text.slice(from);
      },
  ),
  place.map(
    (share): Mutation =>
      (text) => {
        const from = at(text, share);
        const character = text.charAt(from);
        const other =
          character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase();
        return text.slice(0, from) + other + text.slice(from + 1);
      },
  ),
  place.map(
    (share): Mutation =>
      (text) => {
        const from = at(text, share);
        const hex = (text.charCodeAt(from) || 0).toString(16).padStart(2, '0');
        return `${text.slice(0, from)}%${hex}${text.slice(from + 1)}`;
      },
  ),
);

/** One to three changes, one after the other. */
export const mutations: fc.Arbitrary<Mutation> = fc
  .array(mutation, { minLength: 1, maxLength: 3 })
  .map((each) => (text) => each.reduce((changed, change) => change(changed), text));
