import type { Config, TeamKey, TeamSettings } from './config.ts';
import type { SettingPath } from './setting-tree.ts';
import { pathText } from './shown-text.ts';
import { keyPolicySettings, teamName, type WrittenTeam } from './team-settings.ts';

/** Handed out in open mode, where nobody says who they are: whole pages, every index. */
export const localTeam: TeamSettings = {
  weight: 1,
  keys: [],
  jwt: [],
  indexes: ['*'],
  attributes: '*',
  filters: '*',
  filterOnly: [],
  withTotal: true,
  maxLimit: 1000,
  maxFilters: 10,
  export: false,
  bypassCache: false,
  scopes: [],
  revealCache: true,
};

/** A brake on taking everything along, for teams that are not shown everything anyway. */
const PROFILES_PER_DAY = 50_000;

/** Names that teams may not have, and what has them. */
const reservedNames = (open: boolean): ReadonlyMap<string, string> =>
  new Map([
    ['none', 'by requests of nobody in the metrics'],
    ...(open ? [['local', 'in auth mode open by the team of every caller'] as const] : []),
  ]);

export function resolveTeam(record: WrittenTeam): TeamSettings {
  const { keys, queue, maxWaitMs, profilesPerDay, ...rights } = record;
  const perDay = profilesPerDay ?? (record.attributes === '*' ? undefined : PROFILES_PER_DAY);
  return {
    ...rights,
    keys: keys.map(resolveKey),
    ...(queue !== undefined && { queue }),
    ...(maxWaitMs !== undefined && { maxWaitMs }),
    ...(perDay !== undefined && { profilesPerDay: perDay }),
  };
}

function resolveKey(key: WrittenTeam['keys'][number]): TeamKey {
  const { id, sha256, kind, state, notBefore, notAfter, origins, policy } = key;
  return {
    id,
    sha256: sha256.toLowerCase(),
    kind,
    state,
    ...(notBefore !== undefined && { notBeforeMs: Date.parse(notBefore) }),
    notAfterMs: Date.parse(notAfter),
    ...(origins !== undefined && { origins }),
    ...((kind === 'browser' || policy !== undefined) && { policy: policy ?? keyPolicySettings.parse({}) }),
  };
}

export const isUsable = (key: TeamKey, now: number): boolean =>
  key.state !== 'revoked' && now < key.notAfterMs && now >= (key.notBeforeMs ?? now);

/** `raw` is what was written under `teams`, wrong parts and all; messages start with the path. */
export function* teamNameProblems(raw: unknown, open: boolean): Generator<string> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return;
  for (const name of Object.keys(raw)) {
    const owner = reservedNames(open).get(name);
    if (!teamName.test(name)) {
      yield `${pathText(['teams', name])}: this is not a team name; write up to 32 lower-case letters, digits or hyphens`;
    } else if (owner !== undefined) {
      yield `${pathText(['teams', name])}: this name is taken ${owner}; choose another`;
    }
  }
}

/** Callers wait for an answer, and most of them give up after this. */
export const LONG_WAIT_MS = 60_000;

export const longWait = (path: SettingPath): string =>
  `${pathText(path)}: callers may wait longer than a minute, and many give up before; consider ${LONG_WAIT_MS} or less`;

/** Not wrong, but hardly meant. */
export function* teamWarnings(
  teams: Readonly<Record<string, TeamSettings>>,
  { modes, now }: { readonly modes: Config['auth']['modes']; readonly now: number },
): Generator<string> {
  for (const [name, team] of Object.entries(teams)) {
    yield* credentialWarnings(name, team, { takesKeys: modes.includes('apiKey'), now });
    if (team.indexes.length === 0) {
      yield `${pathText(['teams', name, 'indexes'])}: the team may read no index; list some, or write ['*']`;
    }
    if (team.attributes === '*' && team.profilesPerDay === undefined) {
      yield `${pathText(['teams', name, 'attributes'])}: the team is shown every attribute of any number of profiles; list what it needs, or set profilesPerDay`;
    } else if (isShownNothing(team)) {
      yield `${pathText(['teams', name, 'attributes'])}: the team is shown no attribute; list some for each index, or write '*'`;
    }
    if ((team.maxWaitMs ?? 0) > LONG_WAIT_MS) yield longWait(['teams', name, 'maxWaitMs']);
  }
}

function* credentialWarnings(
  name: string,
  { jwt, keys }: TeamSettings,
  { takesKeys, now }: { takesKeys: boolean; now: number },
): Generator<string> {
  const where = pathText(['teams', name, 'keys']);
  for (const key of keys) {
    if (key.state === 'revoked' || now < key.notAfterMs) continue;
    const since = new Date(key.notAfterMs).toISOString();
    yield `${where}: the key ${key.id} expired at ${since}; remove it`;
  }
  if (!takesKeys && keys.length > 0) {
    yield `${where}: keys are taken in auth mode apiKey only; add apiKey to auth.modes, or remove them`;
  }
  if (jwt.length > 0) return;
  if (!takesKeys) {
    yield `${pathText(['teams', name])}: no token is of this team; add a rule under jwt`;
  } else if (!keys.some((key) => isUsable(key, now))) {
    yield `${pathText(['teams', name])}: no key of this team works now; ${makeKey(name)}`;
  }
}

const isShownNothing = ({ attributes }: TeamSettings): boolean =>
  attributes !== '*' &&
  Object.values(attributes).every(({ allow, mask }) => allow.length === 0 && mask.length === 0);

export const makeKey = (team: string): string => `make one with: npm run cli -- keys create --team ${team}`;
