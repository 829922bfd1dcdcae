import { type Team, teamOf } from '../../../src/access/team.ts';
import type { TeamRecord } from '../../../src/access/team-record.ts';

/** A team with no rights at all. */
export const DENIED: TeamRecord = {
  keys: [],
  jwt: [],
  weight: 1,
  indexes: [],
  attributes: {},
  filters: [],
  filterOnly: [],
  withTotal: false,
  maxLimit: 100,
  maxFilters: 5,
  bypassCache: false,
  export: false,
  scopes: [],
  revealCache: true,
};

export const noMaskKeys = (): undefined => undefined;

export const teamWith = (rights: Partial<TeamRecord>, name = 'shop'): Team =>
  teamOf(name, { ...DENIED, ...rights }, noMaskKeys);
