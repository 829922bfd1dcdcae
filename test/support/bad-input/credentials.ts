import fc from 'fast-check';
import type { Header, Verdict, World } from './attempt.ts';
import { CANARY } from './canary.ts';

export interface Credential {
  readonly headers: readonly Header[];
  /** Whose it is, when it lets in. */
  readonly team: string | undefined;
  readonly verdict: Verdict;
}

const X = 'X-API-Key';
const A = 'Authorization';

export function goodCredentials({ keys }: World): fc.Arbitrary<Credential> {
  return fc.tuple(fc.constantFrom(...Object.keys(keys)), fc.nat(3)).map(([team, form]) => {
    const key = keys[team] ?? '';
    const forms: readonly Header[][] = [
      [[X, key]],
      [['x-aPi-KEY', key]],
      [[A, `Bearer ${key}`]],
      [
        [A, `bEARER  ${key}`],
        [X, key],
      ],
    ];
    return { headers: forms[form] ?? [], team, verdict: 'fine' };
  });
}

/** None, wrong ones, and good ones that something is wrong with. */
export function badCredentials({ keys, strangers }: World): fc.Arbitrary<Credential> {
  const key = fc.constantFrom(...Object.values(keys));
  const stranger = fc.constantFrom(...strangers);
  const none = (...headers: Header[]): Credential => ({ headers, team: undefined, verdict: 'refuse' });
  return fc.oneof(
    fc.constant(none()),
    stranger.map((text) => none([X, text])),
    stranger.map((text) => none([A, `Bearer ${text}`])),
    fc.tuple(key, fc.nat(80), fc.constantFrom('', 'A', '_', ' ', '\u00e9')).map(([text, place, piece]) => {
      const at = place % text.length;
      const broken = `${text.slice(0, at)}${piece}${text.slice(at + 1)}`;
      return none([X, broken === text ? `${text}A` : broken]);
    }),
    fc
      .constantFrom('', CANARY, 'agw_', `agw_live_${CANARY}`, 'null', '__proto__', 'x'.repeat(4000))
      .map((text) => none([X, text])),
    key.map((text) => none([A, `Basic ${Buffer.from(`a:${text}`).toString('base64')}`])),
    key.map((text) => none([A, text])),
    key.map((text) => none([A, `Bearer ${text} ${CANARY}`])),
    key.map((text) => none([A, `Bearer "${text}"`])),
    fc
      .constantFrom('eyJhbGciOiJub25lIn0.e30.', `eyJhbGciOiJSUzI1NiJ9.${CANARY}.c2ln`)
      .map((text) => none([A, `Bearer ${text}`])),
    key.map((text) => none(['Cookie', `api_key=${text}`])),
    fc.tuple(key, stranger).map(([good, other]) => none([X, good], [A, `Bearer ${other}`])),
    fc.tuple(key, stranger).map(([good, other]) => none([X, good], [X, other])),
    key.map((text) => none([X, text], [X.toLowerCase(), text])),
    key.map((text) => none([A, `Bearer ${text}`], [A, `Bearer ${CANARY}`])),
    key.map((text) => none([X, `${text}, ${text}`])),
  );
}
