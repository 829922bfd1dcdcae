import { resolve } from 'node:path';
import { amperityAccess } from './amperity-access.ts';
import type { Config, TeamSettings } from './config.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { EnvironmentValues } from './environment.ts';
import { issuerFileProblems, withAbsolutePaths } from './issuer-files.ts';
import { listenProblems } from './listen-rules.ts';
import { type ReadEnvironment, readEnvironment } from './read-environment.ts';
import { type ReadFile, readFileFrom } from './read-file.ts';
import { type ReadSettings, readSettings } from './read-settings.ts';
import type { Settings } from './schema.ts';
import { settingProblems, settingWarnings } from './setting-rules.ts';
import { sharedRedis } from './shared-redis.ts';
import { issuersOf, type TeamGround, teamProblems } from './team-problems.ts';
import { isUsable, localTeam, makeKey, resolveTeam, teamNameProblems, teamWarnings } from './team-rules.ts';
import { workerProblems } from './worker-rules.ts';

/** Either all that is needed to start, or every reason not to; each line is "<where>: <what>; <what to do>". */
export type LoadedConfig =
  | { readonly config: Config; readonly warnings: readonly string[] }
  | { readonly problems: readonly string[] };

/** Reads the environment and the files it names. `now` is in milliseconds since the epoch. */
export function loadConfig(env: NodeJS.ProcessEnv, { cwd, now }: { cwd: string; now: number }): LoadedConfig {
  const readFile = readFileFrom(cwd);
  const environment = readEnvironment(env, readFile);
  const { values, given } = environment;
  const written = readSettings(
    {
      main: values.GATEWAY_CONFIG ?? './gateway.yaml',
      mainIsDefault: !given.has('GATEWAY_CONFIG'),
      teams: values.TEAMS_FILE,
    },
    readFile,
  );
  const open = written.settings?.auth.modes.includes('open') ?? false;
  const teams = Object.fromEntries(
    Object.entries(written.teams ?? {}).map(([name, record]) => [name, resolveTeam(record)]),
  );

  const problems = [
    ...written.problems,
    ...fileProblems(written, teams, { open, now, readFile, ground: groundOf(written, environment) }),
    ...environment.problems,
    ...listenProblems(values, open),
    ...workerProblems(values, given, written.settings?.budget.maxReplicas),
  ];
  const amperity = amperityAccess(environment, cwd, problems);
  const redis = sharedRedis(environment, { cwd, readFile }, problems);
  const { settings } = written;
  if (problems.length > 0 || settings === undefined || amperity === undefined) return { problems };

  const keysFile = environment.files.get('CACHE_KEYS');
  const maskFile = environment.files.get('MASK_KEY');
  const config = {
    ...(keysFile !== undefined && { cacheKeysPath: resolve(cwd, keysFile) }),
    ...(maskFile !== undefined && { maskKeyPath: resolve(cwd, maskFile) }),
    ...assemble(settings, environment, amperity, open ? { ...teams, local: localTeam } : teams),
    auth: { ...settings.auth, jwt: withAbsolutePaths(settings.auth.jwt, cwd) },
    ...(values.TEAMS_FILE !== undefined && {
      teamsPath: resolve(cwd, values.TEAMS_FILE),
      teamsText: written.teamsText,
    }),
    ...(redis && { redis }),
  };
  const warnings = [
    ...settingWarnings(settings),
    ...(open ? [] : teamWarnings(teams, { modes: settings.auth.modes, now })),
  ].map(written.located);
  return { config: deepFreeze(config), warnings };
}

function fileProblems(
  { settings, raw, isSound, located }: ReadSettings,
  teams: Readonly<Record<string, TeamSettings>>,
  { open, now, readFile, ground }: { open: boolean; now: number; readFile: ReadFile; ground: TeamGround },
): string[] {
  const writtenTeams = typeof raw === 'object' && raw !== null && 'teams' in raw ? raw.teams : undefined;
  const problems = [...teamNameProblems(writtenTeams, open), ...teamProblems(teams, ground)];
  if (settings === undefined) return problems.map(located);
  problems.unshift(...settingProblems(settings, raw, isSound));
  if (isSound(['auth'])) problems.push(...issuerFileProblems(settings.auth.jwt, readFile));
  // While a team or a key is refused for another reason, it is unknown whether a key would be left.
  const isKnown = isSound(['auth']) && isSound(['teams']);
  const { modes } = settings.auth;
  const all = Object.values(teams);
  if (
    isKnown &&
    modes.includes('apiKey') &&
    !all.some(({ keys }) => keys.some((key) => isUsable(key, now)))
  ) {
    problems.push(`teams: no team has a key that works now, so nobody could call; ${makeKey('<name>')}`);
  }
  if (isKnown && modes.includes('jwt') && !all.some(({ jwt }) => jwt.length > 0)) {
    problems.push(
      'teams: no team has a jwt rule, so no token could be let in; add one, or leave jwt out of auth.modes',
    );
  }
  return problems.map(located);
}

const groundOf = ({ settings, isSound }: ReadSettings, { given }: ReadEnvironment): TeamGround => ({
  issuers: settings && isSound(['auth']) ? issuersOf(settings.auth) : undefined,
  // A wrong one is a problem of its own.
  hasMaskKey: given.has('MASK_KEY'),
  isSound,
});

function assemble(
  { name, budget, teams: _, ...settings }: Settings,
  { values }: ReadEnvironment,
  amperity: Config['amperity'],
  teams: Config['teams'],
): Config {
  const ownName = name ?? amperity.tenant;
  const required = values as EnvironmentValues;
  return {
    ...settings,
    name: ownName,
    budget: { ...budget, name: budget.name ?? ownName },
    teams,
    amperity,
    ...(values.CACHE_KEYS && { cacheKeys: values.CACHE_KEYS }),
    ...(values.MASK_KEY && { maskKey: values.MASK_KEY }),
    workers: required.WORKERS,
    listen: { host: required.HOST, port: required.PORT },
    admin: { host: required.ADMIN_HOST, port: required.ADMIN_PORT },
    log: { level: required.LOG_LEVEL, pretty: required.LOG_PRETTY },
  };
}
