import fc from 'fast-check';
import { byAttribute } from '../../../src/query/attribute.ts';
import { indexIdProblem, profileIdProblem } from '../../../src/query/path-segment.ts';
import { filterValue, nextTokenValue } from '../../../src/query/value-rules.ts';
import { isAttribute } from '../../../src/shared/amperity-names.ts';
import type { PageRequest } from '../../../src/shared/page-request.ts';

/** Texts made of what delimits fields in URLs and in canonical texts, so that a weak delimiter shows. */
const delimiters = fc.string({ unit: fc.constantFrom(...'1:,-a &=+%[]/é'), minLength: 1, maxLength: 6 });
const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });

const attribute = fc
  .oneof(
    fc.constantFrom('a', 'b', 'ab', 'a1', 'toString'),
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,12}$/),
  )
  .filter(isAttribute);
const value = fc.oneof(delimiters, anyText).filter((text) => filterValue(text) === undefined);
const filters = fc
  .uniqueArray(fc.tuple(attribute, value), { maxLength: 10, selector: ([name]) => name })
  .map((pairs) => pairs.sort(byAttribute));
const index = fc
  .oneof(fc.constantFrom('a', 'b'), fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,12}$/))
  .filter((text) => indexIdProblem(text) === undefined);
const profile = fc.oneof(delimiters, anyText).filter((text) => profileIdProblem(text) === undefined);
const nextToken = fc
  .stringMatching(/^[A-Za-z0-9+/=_.~-]{1,8}$/)
  .filter((text) => nextTokenValue(text) === undefined);

const paging = fc.record(
  { limit: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 9999 })), nextToken },
  { requiredKeys: [] },
);

/** Any request that the grammar allows, of any route. */
export const pageRequests: fc.Arbitrary<PageRequest> = fc.oneof(
  { arbitrary: fc.tuple(index, filters, paging, fc.boolean()).map(profilesRequest), weight: 6 },
  {
    arbitrary: fc
      .tuple(paging, fc.boolean())
      .map(([rest, withTotal]): PageRequest => ({ route: 'indexes', filters: [], withTotal, ...rest })),
    weight: 1,
  },
  {
    arbitrary: index.map((id): PageRequest => ({ route: 'index', index: id, filters: [], withTotal: false })),
    weight: 1,
  },
  {
    arbitrary: fc.tuple(index, profile).map(
      ([id, one]): PageRequest => ({
        route: 'profile',
        index: id,
        profile: one,
        filters: [],
        withTotal: false,
      }),
    ),
    weight: 2,
  },
);

function profilesRequest([id, pairs, rest, withTotal]: [
  string,
  [string, string][],
  { limit?: number; nextToken?: string },
  boolean,
]): PageRequest {
  return { route: 'profiles', index: id, filters: pairs, withTotal, ...rest };
}

/** A source of choices for one spelling: `choose(n)` is 0 … n-1, the same for the same seeds. */
export function chooser(seeds: readonly number[]): (n: number) => number {
  let at = 0;
  return (n) => (seeds[at++ % seeds.length] ?? 0) % n;
}

/** One of the many spellings of a request's query: order, which characters are encoded and how. */
export function spell(request: PageRequest, choose: (n: number) => number): string {
  const pairs: [string, string][] = request.filters.map(([name, text]) => [`filter[${name}]`, text]);
  if (request.limit !== undefined) pairs.push(['limit', `${request.limit}`]);
  if (request.nextToken !== undefined) pairs.push(['next_token', request.nextToken]);
  const paged = request.route === 'profiles' || request.route === 'indexes';
  if (request.withTotal) pairs.push(['with_total', 'true']);
  else if (paged && choose(2) === 0) pairs.push(['with_total', 'false']);
  const shuffled: string[] = [];
  for (const [name, text] of pairs) {
    const parameter = `${spellText(name, choose)}=${spellText(text, choose)}`;
    shuffled.splice(choose(shuffled.length + 1), 0, parameter);
  }
  return shuffled.join('&');
}

function spellText(text: string, choose: (n: number) => number): string {
  return [...text].map((character) => spellCharacter(character, choose)).join('');
}

function spellCharacter(character: string, choose: (n: number) => number): string {
  if (character === ' ') return choose(2) === 0 ? '+' : '%20';
  const mayStandBare = /^[A-Za-z0-9_.~[\]:,/!'()*$@;-]$/.test(character);
  if (mayStandBare && choose(3) !== 0) return character;
  return [...Buffer.from(character)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .map((hex) => `%${choose(2) === 0 ? hex : hex.toUpperCase()}`)
    .join('');
}
