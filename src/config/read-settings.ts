import type { z } from 'zod';
import { checkSettings } from './check-settings.ts';
import { complaintLine } from './complaint.ts';
import { fileProblem, type ReadFile } from './read-file.ts';
import { type Settings, settingsSchema, teamsFileSchema } from './schema.ts';
import { type SettingPath, valueAt } from './setting-tree.ts';
import type { WrittenTeam } from './team-settings.ts';
import { parseYaml } from './yaml-file.ts';

export interface SettingsFiles {
  readonly main: string;
  /** Nobody named the main file, it is looked for where it usually stands. */
  readonly mainIsDefault: boolean;
  readonly teams?: string | undefined;
}

export interface ReadSettings {
  /** The main file as far as it could be used; absent when nothing in it could be read. */
  readonly settings: Settings | undefined;
  /** The teams of whichever file holds them; absent when there are none or they could not be read. */
  readonly teams: Readonly<Record<string, WrittenTeam>> | undefined;
  /** The file of the teams as it was read, where there is one. */
  readonly teamsText?: string | undefined;
  /** As written, with `teams` from the file that holds them. */
  readonly raw: unknown;
  readonly problems: readonly string[];
  /** Nothing at, above or below this path was refused. */
  readonly isSound: (path: SettingPath) => boolean;
  /** Puts the right file's name in front of "<path>: <what>; <what to do>". */
  readonly located: (problem: string) => string;
}

/** Reads gateway.yaml and, where there is one, the file of the teams. */
export function readSettings(files: SettingsFiles, readFile: ReadFile): ReadSettings {
  const main = readOne(files.main, settingsSchema, readFile, (problem) =>
    files.mainIsDefault && problem === 'missing'
      ? gettingStarted
      : fileProblem('GATEWAY_CONFIG', files.main, problem),
  );
  if (files.teams === undefined) {
    return { ...main, teams: main.settings?.teams, located: (problem) => `${label(files.main)}: ${problem}` };
  }

  const path = files.teams;
  const own = readOne(path, teamsFileSchema, readFile, (problem) => fileProblem('TEAMS_FILE', path, problem));
  const twice = valueAt(main.raw, ['teams']) !== undefined;
  return {
    settings: main.settings,
    teams: own.settings?.teams,
    teamsText: own.text,
    raw: { ...(main.raw as object | undefined), teams: valueAt(own.raw, ['teams']) },
    problems: [
      ...main.problems,
      ...own.problems,
      ...(twice
        ? [`${label(files.main)}: teams: the teams are in TEAMS_FILE; remove teams here or unset TEAMS_FILE`]
        : []),
    ],
    isSound: (path) => (path[0] === 'teams' ? own : main).isSound(path),
    located: (problem) => `${label(/^teams\b/.test(problem) ? path : files.main)}: ${problem}`,
  };
}

const gettingStarted =
  'GATEWAY_CONFIG: there is no gateway.yaml in this directory; ' +
  'start from the one at the end of docs/settings.md, or set GATEWAY_CONFIG to the path of yours';

const label = (path: string): string => path.replace(/^\.\//, '');

function readOne<T>(
  path: string,
  schema: z.ZodType<T>,
  readFile: ReadFile,
  unreadable: (problem: 'missing' | 'unreadable') => string,
): Pick<ReadSettings, 'raw' | 'problems' | 'isSound'> & {
  readonly settings: T | undefined;
  readonly text: string | undefined;
} {
  const nothing = { settings: undefined, raw: undefined, isSound: () => false, text: undefined };
  const read = readFile(path);
  if ('problem' in read) return { ...nothing, problems: [unreadable(read.problem)] };
  const yaml = parseYaml(read.text);
  const problems = yaml.problems.map((problem) => `${label(path)}: ${problem}`);
  if (yaml.value === undefined) return { ...nothing, text: read.text, problems };

  const { settings, complaints, isSound } = checkSettings(schema, yaml.value);
  return {
    settings,
    raw: yaml.value,
    text: read.text,
    problems: [...problems, ...complaints.map((complaint) => `${label(path)}: ${complaintLine(complaint)}`)],
    isSound,
  };
}
