import { isAttribute } from './attribute-name.ts';

/** What Amperity is asked: decoded segments below `/api/indexes`, and parameters by name. */
export interface Question {
  readonly segments: readonly string[];
  readonly pairs: readonly (readonly [name: string, value: string])[];
}

/** How a target was read: as a question, as one that the rules forbid, or as something that is no question at all. */
export type Reading =
  | { readonly is: 'question'; readonly question: Question; readonly isExport: boolean }
  | { readonly is: 'wrong'; readonly isExport: boolean }
  | { readonly is: 'other' };

const MOST_PARAMETERS = 24;
const MOST_FILTERS = 10;
const MOST_QUERY_BYTES = 4096;

const MIRROR = /^\/api\/indexes(?:\/([^/]*)(?:\/profiles(?:\/([^/]*))?)?)?$/;
const EXPORT = /^\/exports\/indexes\/([^/]+)\/profiles\.(?:csv|ndjson)$/;
const SEARCH = /^(\/api\/indexes\/[^/]+\/profiles)\/search$/;

/**
 * The rules of the mirror's grammar once more, written without a look at the gateway's own code: a mistake that
 * both share would have to be made twice.
 */
export function readTarget(target: string): Reading {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const mirror = MIRROR.exec(path);
  const exported = EXPORT.exec(path);
  const [, index, profile] = mirror ?? exported ?? [];
  const isKnown = mirror !== null || exported !== null;
  // An empty segment is another path, which nobody has.
  if (!isKnown || index === '' || profile === '') return { is: 'other' };
  const isExport = exported !== null;
  const segments = readSegments(index, profile, isExport || path.endsWith('/profiles'));
  const pairs = readPairs(mark < 0 ? '' : target.slice(mark + 1), routeOf(segments ?? []));
  if (segments === undefined || pairs === undefined) return { is: 'wrong', isExport };
  return { is: 'question', question: { segments, pairs }, isExport };
}

/** What a body of `POST …/search`, of `QUERY` and of a posted export asks, read as leniently as can be. */
export function readBody(target: string, body: string): Question | undefined {
  const path = target.split('?', 1)[0] ?? '';
  const list = SEARCH.exec(path)?.[1] ?? path;
  const reading = readTarget(list);
  if (reading.is !== 'question') return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body, 'latin1').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { filter, limit, next_token, with_total } = parsed as Record<string, unknown>;
  const pairs: [string, string][] = [];
  if (typeof filter === 'object' && filter !== null) {
    for (const [name, value] of Object.entries(filter)) pairs.push([`filter[${name}]`, String(value)]);
  }
  if (limit !== undefined) pairs.push(['limit', String(limit)]);
  if (next_token !== undefined) pairs.push(['next_token', String(next_token)]);
  if (with_total === true) pairs.push(['with_total', 'true']);
  return { segments: reading.question.segments, pairs: inOrder(pairs) };
}

/**
 * A target that arrived at Amperity, or a sentence about what no target of the gateway's may be: another path, one
 * that a URL client would resolve to another, an unknown or repeated parameter.
 */
export function readArrived(target: string): Question | string {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  if (!MIRROR.test(path)) return 'a path that is none of the API';
  if (new URL(`http://amperity${path}`).pathname !== path) return 'a path that is resolved to another one';
  const segments = path.split('/').slice(3);
  const decoded = segments.map((segment) => decode(segment, false));
  if (decoded.some((segment) => segment === undefined)) return 'a path that does not decode';
  const pairs: [string, string][] = [];
  const parameters = mark < 0 ? [] : target.slice(mark + 1).split('&');
  for (const parameter of parameters) {
    const [name, value] = splitPair(parameter);
    if (name === undefined || value === undefined) return 'a parameter that does not decode';
    if (kindOf(name) === undefined) return 'a parameter that is none of the API';
    if (pairs.some(([other]) => other === name)) return 'a parameter twice';
    pairs.push([name, value]);
  }
  return { segments: decoded.filter((segment) => segment !== undefined), pairs: inOrder(pairs) };
}

/** Equal for equal questions. */
export const nameOf = ({ segments, pairs }: Question): string => JSON.stringify([segments, pairs]);

export const without = ({ segments, pairs }: Question, name: string): Question => ({
  segments,
  pairs: pairs.filter(([each]) => each !== name),
});

export const withPair = (question: Question, name: string, value: string): Question => ({
  segments: question.segments,
  pairs: inOrder([...without(question, name).pairs, [name, value]]),
});

type Route = 'indexes' | 'index' | 'profiles' | 'profile';

export const routeOf = ({ length }: readonly string[]): Route =>
  (['indexes', 'index', 'profiles', 'profile'] as const)[length] ?? 'profile';

function readSegments(
  index: string | undefined,
  profile: string | undefined,
  isList: boolean,
): string[] | undefined {
  if (index === undefined) return [];
  const id = decode(index, false);
  if (id === undefined || !/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)) return undefined;
  if (profile === undefined) return isList ? [id, 'profiles'] : [id];
  const person = decode(profile, false);
  if (person === undefined || person === '' || Buffer.byteLength(person) > 256) return undefined;
  const isDotted = person.split(/[/\\]/).some((part) => part === '.' || part === '..');
  return isDotted ? undefined : [id, 'profiles', person];
}

function readPairs(query: string, route: Route): Question['pairs'] | undefined {
  if (query === '') return [];
  const parameters = query.split('&');
  if (query.length > MOST_QUERY_BYTES || parameters.length > MOST_PARAMETERS) return undefined;
  const pairs = new Map<string, string>();
  let filters = 0;
  for (const parameter of parameters) {
    const [name, value] = splitPair(parameter);
    if (name === undefined || value === undefined || pairs.has(name)) return undefined;
    const kind = kindOf(name);
    const isAllowed = kind === 'filter' ? route === 'profiles' : route === 'profiles' || route === 'indexes';
    if (kind === undefined || !isAllowed || !VALUES[kind](value)) return undefined;
    if (kind === 'filter') filters += 1;
    pairs.set(name, value);
  }
  if (filters > MOST_FILTERS) return undefined;
  return inOrder([...pairs].filter(([name, value]) => name !== 'with_total' || value === 'true'));
}

type Kind = 'limit' | 'next_token' | 'with_total' | 'filter';

const VALUES: Record<Kind, (value: string) => boolean> = {
  limit: (value) => /^[1-9][0-9]{0,3}$/.test(value),
  next_token: (value) => value !== 'null' && /^[A-Za-z0-9+/=_.~-]{1,2048}$/.test(value),
  with_total: (value) => value === 'true' || value === 'false',
  filter: (value) => value !== '' && Buffer.byteLength(value) <= 512,
};

function kindOf(name: string): Kind | undefined {
  if (name === 'limit' || name === 'next_token' || name === 'with_total') return name;
  const attribute = /^filter\[(.*)\]$/s.exec(name)?.[1];
  return attribute !== undefined && isAttribute(attribute) ? 'filter' : undefined;
}

function splitPair(parameter: string): [string | undefined, string | undefined] {
  const equals = parameter.indexOf('=');
  if (equals < 0) return [undefined, undefined];
  return [decode(parameter.slice(0, equals), true), decode(parameter.slice(equals + 1), true)];
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** RFC 3986 §2.1 and UTF-8 without controls, or `undefined`. */
function decode(raw: string, isForm: boolean): string | undefined {
  if (/[^\x21-\x7e]|#/.test(raw)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < raw.length; at += 1) {
    const character = raw.charAt(at);
    if (character === '%') {
      const hex = raw.slice(at + 1, at + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return undefined;
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else bytes.push(isForm && character === '+' ? 0x20 : character.charCodeAt(0));
  }
  try {
    const text = utf8.decode(Uint8Array.from(bytes));
    return /\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const inOrder = (pairs: readonly (readonly [string, string])[]): Question['pairs'] =>
  [...pairs].sort(([one], [other]) => (one < other ? -1 : 1));
