import { watchFile } from '../shared/watched-file.ts';
import { checkSettings } from './check-settings.ts';
import { complaintLine } from './complaint.ts';
import type { Config, TeamSettings } from './config.ts';
import { deepFreeze } from './deep-freeze.ts';
import { teamsFileSchema } from './schema.ts';
import { valueAt } from './setting-tree.ts';
import { issuersOf, type TeamGround, teamProblems } from './team-problems.ts';
import { resolveTeam, teamNameProblems, teamWarnings } from './team-rules.ts';
import { parseYaml } from './yaml-file.ts';

type Teams = Readonly<Record<string, TeamSettings>>;

/** What became of a change of the file. Problems and warnings are as at the start, without the name of the file. */
export type Reload =
  | { readonly outcome: 'ok'; readonly teams: Teams; readonly warnings: readonly string[] }
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

/**
 * Follows the file of `TEAMS_FILE`. It is judged as at the start but for one thing: that nobody could call any more is
 * no mistake then, for that is what revoking the last key means.
 *
 * @returns a function that ends the watch
 */
export function watchTeams(
  { auth, maskKey, teamsPath, teamsText }: Pick<Config, 'auth' | 'maskKey' | 'teamsPath' | 'teamsText'>,
  now: () => number,
  onReload: (reload: Reload) => void,
): () => void {
  if (teamsPath === undefined || auth.modes.includes('open')) return () => {};
  const ground = { issuers: issuersOf(auth), hasMaskKey: maskKey !== undefined };
  const follow = (text: string): void => {
    const { problems, teams } = judged(text, ground);
    if (problems.length > 0) {
      onReload({ outcome: 'invalid', problems });
      return;
    }
    const warnings = [...teamWarnings(teams, { modes: auth.modes, now: now() })];
    onReload({ outcome: 'ok', teams: deepFreeze(teams), warnings });
  };
  const onUnreadable = (): void =>
    onReload({ outcome: 'invalid', problems: ['the file cannot be read any more; put it back'] });
  return watchFile(teamsPath, follow, { known: teamsText, onUnreadable });
}

function judged(
  text: string,
  ground: Omit<TeamGround, 'isSound'>,
): { readonly teams: Teams; readonly problems: readonly string[] } {
  const yaml = parseYaml(text);
  if (yaml.value === undefined) return { teams: {}, problems: yaml.problems };
  const { settings, complaints, isSound } = checkSettings(teamsFileSchema, yaml.value);
  const teams = Object.fromEntries(
    Object.entries(settings?.teams ?? {}).map(([name, record]) => [name, resolveTeam(record)]),
  );
  const problems = [
    ...yaml.problems,
    ...complaints.map(complaintLine),
    ...teamNameProblems(valueAt(yaml.value, ['teams']), false),
    ...teamProblems(teams, { ...ground, isSound }),
  ];
  return { teams, problems };
}
