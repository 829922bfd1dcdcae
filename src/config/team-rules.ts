import type { TeamKey, TeamSettings } from './config.ts';
import { pathText, shownName } from './shown-text.ts';
import { type TeamRecord, teamName } from './team-settings.ts';

/** Handed out in open mode, where nobody says who they are: whole pages, every index. */
export const localTeam: TeamSettings = {
  weight: 1,
  keys: [],
  indexes: ['*'],
  attributes: '*',
  filters: '*',
  withTotal: true,
  maxLimit: 1000,
  maxFilters: 10,
  export: false,
  bypassCache: false,
  scopes: [],
};

/** Names that teams may not have, and what has them. */
const reservedNames = (open: boolean): ReadonlyMap<string, string> =>
  new Map([
    ['none', 'by requests of nobody in the metrics'],
    ...(open ? [['local', 'in auth mode open by the team of every caller'] as const] : []),
  ]);

export function resolveTeam(record: TeamRecord): TeamSettings {
  const { keys, queue, maxWaitMs, profilesPerDay, ...rights } = record;
  return {
    ...rights,
    keys: keys.map(resolveKey),
    ...(queue !== undefined && { queue }),
    ...(maxWaitMs !== undefined && { maxWaitMs }),
    ...(profilesPerDay !== undefined && { profilesPerDay }),
  };
}

function resolveKey({ id, sha256, kind, state, notBefore, notAfter }: TeamRecord['keys'][number]): TeamKey {
  return {
    id,
    sha256: sha256.toLowerCase(),
    kind,
    state,
    ...(notBefore !== undefined && { notBeforeMs: Date.parse(notBefore) }),
    notAfterMs: Date.parse(notAfter),
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

/** Contradictions inside and between teams. Key ids are not secret, but a key pasted in their place would be. */
export function* teamProblems(teams: Readonly<Record<string, TeamSettings>>): Generator<string> {
  const owners = new Map<string, string>();
  for (const [name, team] of Object.entries(teams)) {
    for (const key of team.keys) {
      const owner = owners.get(key.id);
      const where = pathText(['teams', name, 'keys']);
      if (owner !== undefined) {
        yield `${where}: the key id ${key.id} is used twice (first in ${shownName(owner)}); make a new key`;
      }
      owners.set(key.id, owner ?? name);
      if (key.notBeforeMs !== undefined && key.notBeforeMs >= key.notAfterMs) {
        yield `${where}: the key ${key.id} ends before it begins; make notAfter later than notBefore`;
      }
    }
    if (typeof team.filters === 'string' || Array.isArray(team.filters) || team.indexes.includes('*'))
      continue;
    for (const index of Object.keys(team.filters).filter((index) => !team.indexes.includes(index))) {
      const where = pathText(['teams', name, 'filters', index]);
      yield `${where}: the team may not read this index; add it to indexes or remove it here`;
    }
  }
}

/** Not wrong, but hardly meant. */
export function* teamWarnings(teams: Readonly<Record<string, TeamSettings>>, now: number): Generator<string> {
  for (const [name, team] of Object.entries(teams)) {
    for (const key of team.keys) {
      if (key.state === 'revoked' || now < key.notAfterMs) continue;
      const since = new Date(key.notAfterMs).toISOString();
      yield `${pathText(['teams', name, 'keys'])}: the key ${key.id} expired at ${since}; remove it`;
    }
    if (!team.keys.some((key) => isUsable(key, now))) {
      yield `${pathText(['teams', name])}: no key of this team works now; ${makeKey(name)}`;
    }
    if (team.indexes.length === 0) {
      yield `${pathText(['teams', name, 'indexes'])}: the team may read no index; list some, or write ['*']`;
    }
  }
}

export const makeKey = (team: string): string => `make one with: npm run cli -- keys create --team ${team}`;
