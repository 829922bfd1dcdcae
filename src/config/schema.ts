import { z } from 'zod';
import { cacheSettings } from './cache-settings.ts';
import { authSettings, corsSettings, cursorSettings, httpSettings } from './edge-settings.ts';
import { noted, optionalName } from './setting-leaf.ts';
import { teamName, teamSettings } from './team-settings.ts';
import {
  budgetSettings,
  drainSettings,
  exportSettings,
  queueSettings,
  upstreamSettings,
} from './traffic-settings.ts';

// The name's pattern is only documented here and checked with the other rules of teams: zod leaves the record of
// a key it refuses unread, and the problems inside it would come to light one start later.
const teams = z.record(z.string().meta({ pattern: teamName.source }), teamSettings);
const aboutTeams = noted('The teams, by name.', {
  expected: 'a map from team name to its rights',
  absent: 'required unless `auth.modes` is [open]',
});

/** gateway.yaml. Unknown keys are refused on every level: a misspelt limit must not mean "no limit". */
export const settingsSchema = z
  .strictObject({
    name: optionalName('Prefix of everything shared between replicas.', '`AMPERITY_TENANT`'),
    auth: authSettings,
    budget: budgetSettings,
    queue: queueSettings,
    upstream: upstreamSettings,
    cache: cacheSettings,
    cors: corsSettings,
    cursors: cursorSettings,
    export: exportSettings,
    drain: drainSettings,
    http: httpSettings,
    teams: teams.optional().meta(aboutTeams),
  })
  .meta({ title: 'gateway.yaml', later: ['errors'] });

/** The file of `TEAMS_FILE`: the `teams` key and nothing else. */
export const teamsFileSchema = z.strictObject({ teams: teams.meta(aboutTeams) });

export type Settings = z.output<typeof settingsSchema>;
