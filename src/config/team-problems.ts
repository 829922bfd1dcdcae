import type { Config, TeamSettings } from './config.ts';
import type { SettingPath } from './setting-tree.ts';
import { pathText, shownName } from './shown-text.ts';

/** What lies outside the teams and they rely on. */
export interface TeamGround {
  /** Issuers whose tokens are let in; none where no token is, absent where that is not known. */
  readonly issuers: readonly string[] | undefined;
  readonly hasMaskKey: boolean;
  /**
   * Nothing at, above or below this path was refused. What was refused is left out of the teams, and of lists with it
   * the place of what follows, so that a rule about what is missing or numbered would only confuse.
   */
  readonly isSound: (path: SettingPath) => boolean;
}

export const issuersOf = ({ jwt, modes }: Config['auth']): string[] =>
  modes.includes('jwt') ? jwt.map(({ issuer }) => issuer) : [];

/** Contradictions inside and between teams. Key ids are not secret, but a key pasted in their place would be. */
export function* teamProblems(
  teams: Readonly<Record<string, TeamSettings>>,
  ground: TeamGround,
): Generator<string> {
  yield* keyProblems(teams, ground);
  yield* tokenRuleProblems(teams, ground);
  for (const [name, team] of Object.entries(teams)) {
    yield* groundProblems(name, team, ground);
    yield* rightProblems(name, team, ground);
  }
}

function* groundProblems(
  name: string,
  team: TeamSettings,
  { hasMaskKey, isSound, issuers }: TeamGround,
): Generator<string> {
  const rules = isSound(['teams', name, 'jwt']) ? team.jwt : [];
  for (const [at, { issuer }] of rules.entries()) {
    if (issuers !== undefined && !issuers.includes(issuer)) {
      yield `${pathText(['teams', name, 'jwt', at, 'issuer'])}: is not an issuer of auth.jwt in auth mode jwt; add it there, or correct it`;
    }
  }
  if (!hasMaskKey && hasHmacMask(team)) {
    yield `${pathText(['teams', name, 'attributes'])}: an hmac mask has no key; set MASK_KEY, for instance by: openssl rand -base64 32`;
  }
}

function* keyProblems(
  teams: Readonly<Record<string, TeamSettings>>,
  { isSound }: TeamGround,
): Generator<string> {
  const owners = new Map<string, string>();
  for (const [name, { attributes, keys }] of Object.entries(teams)) {
    for (const key of keys) {
      const owner = owners.get(key.id);
      const where = pathText(['teams', name, 'keys']);
      if (owner !== undefined) {
        yield `${where}: the key id ${key.id} is used twice (first in ${shownName(owner)}); make a new key`;
      }
      owners.set(key.id, owner ?? name);
      if (key.notBeforeMs !== undefined && key.notBeforeMs >= key.notAfterMs) {
        yield `${where}: the key ${key.id} ends before it begins; make notAfter later than notBefore`;
      }
      if (!isSound(['teams', name, 'keys'])) continue;
      if (key.kind === 'server' && (key.origins !== undefined || key.policy !== undefined)) {
        yield `${where}: the key ${key.id} is for servers, and has origins or a policy; remove them, or write kind: browser`;
      }
      if (key.kind !== 'browser') continue;
      if (key.origins === undefined || key.origins.length === 0) {
        yield `${where}: the browser key ${key.id} has no origins, so no page could use it; list those of its pages`;
      }
      if (attributes === '*' && key.policy?.attributes === undefined) {
        yield `${where}: the browser key ${key.id} would show every attribute to whoever reads the page; write policy.attributes`;
      }
    }
  }
}

/** Two rules that one token can fit would make it nobody's. They differ for sure when they want one claim in two ways. */
function* tokenRuleProblems(
  teams: Readonly<Record<string, TeamSettings>>,
  { isSound }: TeamGround,
): Generator<string> {
  const rules = Object.entries(teams)
    .filter(([team]) => isSound(['teams', team, 'jwt']))
    .flatMap(([team, { jwt }]) =>
      jwt.map(({ claims, issuer }) => ({ team, issuer, claims: new Map(Object.entries(claims)) })),
    );
  const earlier: FlatRule[] = [];
  for (const rule of rules) {
    const other = earlier.find((before) => before.team !== rule.team && mayMeet(before, rule));
    earlier.push(rule);
    if (other !== undefined) {
      yield `${pathText(['teams', rule.team, 'jwt'])}: a token could fit this team and ${shownName(other.team)}; give both rules one claim in which they differ`;
    }
  }
}

interface FlatRule {
  readonly team: string;
  readonly issuer: string;
  readonly claims: ReadonlyMap<string, string>;
}

function mayMeet(one: FlatRule, other: FlatRule): boolean {
  if (one.issuer !== other.issuer) return false;
  for (const [claim, value] of one.claims) {
    if ((other.claims.get(claim) ?? value) !== value) return false;
  }
  return true;
}

function* rightProblems(name: string, team: TeamSettings, ground: TeamGround): Generator<string> {
  const { isSound } = ground;
  const { attributes, filterOnly, filters, indexes } = team;
  const isAnyIndex = indexes.includes('*') || !isSound(['teams', name, 'indexes']);
  for (const [right, rights] of Object.entries({ attributes, filters, filterOnly })) {
    if (typeof rights === 'string' || Array.isArray(rights) || isAnyIndex) continue;
    for (const index of Object.keys(rights).filter((index) => !indexes.includes(index))) {
      const where = pathText(['teams', name, right, index]);
      yield `${where}: the team may not read this index; add it to indexes or remove it here`;
    }
  }
  yield* maskProblems(['teams', name, 'attributes'], attributes, ground);
  const keys = isSound(['teams', name, 'keys']) ? team.keys : [];
  for (const [at, { policy }] of keys.entries()) {
    yield* maskProblems(
      ['teams', name, 'keys', at, 'policy', 'attributes'],
      policy?.attributes ?? {},
      ground,
    );
  }
  if (isSound(['teams', name, 'attributes'])) yield* filterProblems(name, team);
}

function* maskProblems(
  path: readonly (string | number)[],
  attributes: TeamSettings['attributes'],
  { isSound }: TeamGround,
): Generator<string> {
  if (attributes === '*') return;
  for (const [index, { allow, mask, maskAs }] of Object.entries(attributes)) {
    for (const attribute of mask.filter((each) => allow.includes(each))) {
      yield `${pathText([...path, index])}: ${shownName(attribute)} stands in allow and in mask; keep one of them`;
    }
    if (!isSound([...path, index, 'mask'])) continue;
    for (const attribute of Object.keys(maskAs).filter((each) => !mask.includes(each))) {
      yield `${pathText([...path, index, 'maskAs', attribute])}: is not in mask; add it there or remove it here`;
    }
  }
}

/** A filter on what is not shown tells it, one answer after the other. */
function* filterProblems(name: string, { attributes, filters }: TeamSettings): Generator<string> {
  if (attributes === '*') return;
  const where = pathText(['teams', name, 'filters']);
  if (filters === '*') {
    yield `${where}: '*' needs attributes: '*'; list those that are shown, and others under filterOnly`;
    return;
  }
  const shown = new Map(Object.entries(attributes));
  if (isList(filters)) {
    const allowed = new Set([...shown.values()].flatMap(({ allow }) => allow));
    yield* hiddenFilters(where, filters, allowed);
    return;
  }
  for (const [index, names] of Object.entries(filters)) {
    yield* hiddenFilters(
      pathText(['teams', name, 'filters', index]),
      names,
      new Set(shown.get(index)?.allow),
    );
  }
}

function* hiddenFilters(
  where: string,
  filters: readonly string[],
  shown: ReadonlySet<string>,
): Generator<string> {
  for (const attribute of new Set(filters.filter((each) => !shown.has(each)))) {
    yield `${where}: ${shownName(attribute)} is not shown, and a filter would tell it; add it to allow under attributes, or move it to filterOnly`;
  }
}

const isList = (filters: Exclude<TeamSettings['filters'], '*'>): filters is readonly string[] =>
  Array.isArray(filters);

/** Whether a mask needs `MASK_KEY`. */
const hasHmacMask = ({ attributes, keys }: TeamSettings): boolean =>
  [attributes, ...keys.map(({ policy }) => policy?.attributes ?? {})].some(
    (shown) =>
      shown !== '*' && Object.values(shown).some(({ maskAs }) => Object.values(maskAs).includes('hmac')),
  );
