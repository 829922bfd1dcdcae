import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as elapse } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { type Reload, watchTeams } from '../../../src/config/live-teams.ts';
import { loadConfig } from '../../../src/config/load.ts';
import {
  browserKey,
  directoryWith,
  goodEnvironment,
  idp,
  jwtMode,
  liveKey,
  now,
  web,
} from './settings-fixture.ts';

/** The watch looks twice a second; this is long enough for one look. */
const LOOK_MS = 700;

interface Followed {
  readonly seen: Reload[];
  /** Puts this in the place of the file, as editors do. */
  readonly write: (content: unknown) => void;
  readonly path: string;
  readonly close: () => void;
  /** The next outcome, and how long it took since this was called. */
  readonly next: () => Promise<{ reload: Reload | undefined; tookMs: number }>;
}

/** Starts from a file with the team `web`, in a folder of its own, and follows it. */
function follow(main: object = {}, env: NodeJS.ProcessEnv = {}): Followed {
  const cwd = directoryWith({ 'gateway.yaml': main, 'teams.yaml': { teams: { web } } });
  const loaded = loadConfig({ ...goodEnvironment, TEAMS_FILE: 'teams.yaml', ...env }, { cwd, now });
  if ('problems' in loaded) throw new Error(loaded.problems.join());
  const seen: Reload[] = [];
  const close = watchTeams(
    loaded.config,
    () => now,
    (reload) => seen.push(reload),
  );
  const path = join(cwd, 'teams.yaml');
  return {
    seen,
    path,
    close,
    write: (content) => {
      writeFileSync(`${path}.new`, typeof content === 'string' ? content : stringify(content));
      renameSync(`${path}.new`, path);
    },
    next: async () => {
      const [before, from] = [seen.length, performance.now()];
      while (seen.length === before && performance.now() < from + 5000) await elapse(20);
      return { reload: seen[before], tookMs: performance.now() - from };
    },
  };
}

/** What becomes of this content, which ends the watch. */
async function outcomeOf(
  content: unknown,
  main?: object,
  env?: NodeJS.ProcessEnv,
): Promise<Reload | undefined> {
  const { close, next, write } = follow(main, env);
  write(content);
  const { reload } = await next();
  close();
  return reload;
}

describe('a change of the file of teams', () => {
  test.concurrent('is taken over within a second, in the form that the start gives', async () => {
    const { close, next, write } = follow();
    const teams = {
      web: { ...web, weight: 3, attributes: { ix: { mask: ['email'] } }, profilesPerDay: undefined },
      shop: {
        keys: [{ ...browserKey, policy: { attributes: {} } }],
        indexes: ['ix'],
        attributes: '*',
        profilesPerDay: 9,
      },
    };
    write({ teams });
    const { reload, tookMs } = await next();
    close();
    const atStart = loadConfig(goodEnvironment, { cwd: directoryWith({ 'gateway.yaml': { teams } }), now });
    expect(atStart).toHaveProperty('config');
    expect(reload).toEqual({
      outcome: 'ok',
      teams: 'config' in atStart && atStart.config.teams,
      warnings: [],
    });
    expect(tookMs).toBeLessThan(1000);
  });

  test.concurrent('gives teams that are frozen all the way down', async () => {
    const reload = await outcomeOf({ teams: { web: { ...web, attributes: { ix: { mask: ['a'] } } } } });
    const teams = reload?.outcome === 'ok' ? reload.teams : {};
    const { web: team } = teams;
    const parts = [
      teams,
      team,
      team?.keys,
      team?.keys[0],
      team?.attributes,
      Object.values(team?.attributes ?? {})[0],
    ];
    expect(parts.map((part) => part !== undefined && Object.isFrozen(part))).toEqual(parts.map(() => true));
  });

  test.concurrent('is taken over with its warnings', async () => {
    const silent = { ...web, attributes: {}, maxWaitMs: 60_001 };
    expect(await outcomeOf({ teams: { web: silent } })).toMatchObject({
      outcome: 'ok',
      warnings: [
        "teams.web.attributes: the team is shown no attribute; list some for each index, or write '*'",
        expect.stringMatching(/^teams\.web\.maxWaitMs: callers may wait longer than a minute/),
      ],
    });
  });

  test.concurrent('that revokes the last key is taken', async () => {
    expect(
      await outcomeOf({ teams: { web: { ...web, keys: [{ ...liveKey, state: 'revoked' }] } } }),
    ).toMatchObject({
      outcome: 'ok',
      teams: { web: { keys: [{ id: liveKey.id, state: 'revoked' }] } },
      warnings: [expect.stringMatching(/^teams\.web: no key of this team works now; /)],
    });
  });

  test.concurrent('that takes every key or every team away is taken', async () => {
    const outcomes = await Promise.all(
      [{ web: { ...web, keys: [] } }, {}].map((teams) => outcomeOf({ teams })),
    );
    expect(outcomes.map((reload) => reload?.outcome)).toEqual(['ok', 'ok']);
  });

  test.concurrent('that is invalid names every problem and leaves the old teams', async () => {
    const { close, next, seen, write } = follow();
    write({
      teams: {
        Web: { ...web, atributes: '*' },
        none: { ...web, keys: [{ ...browserKey, origins: [] }], weight: 0 },
        shop: { ...web, attributes: { ix: { mask: ['a'], maskAs: { a: 'hmac' } } }, filters: ['a'] },
        till: { jwt: [{ issuer: idp, claims: { sub: 'a' } }] },
      },
      budget: { rate: 100 },
    });
    const { reload } = await next();
    expect(reload).toEqual({
      outcome: 'invalid',
      problems: [
        'teams.Web.atributes: is not a setting; did you mean attributes?',
        'teams.none.weight: 0 is not allowed; write a number above 0, at most 1000',
        expect.stringMatching(/^budget: is not a setting; /),
        expect.stringMatching(/^teams\.Web: this is not a team name; /),
        'teams.none: this name is taken by requests of nobody in the metrics; choose another',
        expect.stringMatching(/^teams\.none\.keys: the browser key browser1 has no origins/),
        expect.stringMatching(/^teams\.none\.keys: the browser key browser1 would show every attribute/),
        'teams.shop.keys: the key id k7Qm2ZrT0a is used twice (first in Web); make a new key',
        expect.stringMatching(/^teams\.shop\.attributes: an hmac mask has no key; set MASK_KEY/),
        expect.stringMatching(/^teams\.shop\.filters: a is not shown/),
        expect.stringMatching(/^teams\.till\.jwt\[0\]\.issuer: is not an issuer of auth\.jwt/),
      ],
    });
    write({ teams: { web: { ...web, weight: 2 } } });
    expect((await next()).reload).toMatchObject({ outcome: 'ok', teams: { web: { weight: 2 } } });
    close();
    expect(seen).toHaveLength(2);
  });

  test.concurrent('is judged by the mask key and the issuers of the start', async () => {
    const teams = {
      web: {
        ...web,
        attributes: { ix: { mask: ['a'], maskAs: { a: 'hmac' } } },
        jwt: [{ issuer: idp, claims: { sub: 'a' } }],
      },
    };
    // So that mode jwt starts, a team has a rule from the beginning.
    const cwd = directoryWith({
      'gateway.yaml': jwtMode,
      'teams.yaml': { teams: { web: { ...web, jwt: teams.web.jwt } } },
    });
    const env = {
      ...goodEnvironment,
      TEAMS_FILE: 'teams.yaml',
      MASK_KEY: Buffer.alloc(32).toString('base64'),
    };
    const loaded = loadConfig(env, { cwd, now });
    const seen: Reload[] = [];
    const close =
      'config' in loaded
        ? watchTeams(
            loaded.config,
            () => now,
            (reload) => seen.push(reload),
          )
        : () => {};
    writeFileSync(join(cwd, 'teams.yaml'), stringify({ teams }));
    const giveUpAt = performance.now() + 5000;
    while (seen.length === 0 && performance.now() < giveUpAt) await elapse(20);
    close();
    expect(seen).toMatchObject([{ outcome: 'ok', warnings: [] }]);
  });

  test.concurrent.each<[content: string, ...problems: RegExp[]]>([
    ['', /^teams: is missing; write a map from team name to its rights$/],
    ['# teams: gone\n', /^teams: is missing; /],
    ['teams:\n', /^teams: is empty; /],
    ['- web\n', /^a list is not allowed; write a block of settings$/],
    ['teams: { web: [', /^line 1: the indentation does not fit/],
    ['teams: {}\nteams: {}\n', /^line 2: teams is written twice; keep one of the two$/],
  ])('to %j is not taken', async (content, ...problems) => {
    expect(await outcomeOf(content)).toEqual({
      outcome: 'invalid',
      problems: problems.map((problem) => expect.stringMatching(problem)),
    });
  });

  test.concurrent('away from the file is no change, and what is back is', async () => {
    const { close, next, path, seen, write } = follow();
    rmSync(path);
    await elapse(LOOK_MS);
    expect(seen).toEqual([]);
    write({ teams: { web: { ...web, weight: 5 } } });
    expect((await next()).reload).toMatchObject({ outcome: 'ok', teams: { web: { weight: 5 } } });
    close();
  });

  test.concurrent('followed by another at once ends with the last one', async () => {
    const { close, next, seen, write } = follow();
    write({ teams: { web: { ...web, weight: 6 } } });
    write({ teams: { web: { ...web, weight: 7 } } });
    await next();
    await elapse(LOOK_MS);
    expect(seen.at(-1)).toMatchObject({ outcome: 'ok', teams: { web: { weight: 7 } } });
    write({ teams: {} });
    write('teams: [');
    expect((await next()).reload).toMatchObject({ outcome: 'invalid' });
    close();
  });

  test.concurrent('is not seen any more when the watch has ended', async () => {
    const { close, seen, write } = follow();
    close();
    write({ teams: {} });
    await elapse(LOOK_MS);
    expect(seen).toEqual([]);
  });
});

describe('there is nothing to follow', () => {
  /** Changes the teams under a gateway that reads them so, and looks whether it noticed. */
  async function noticed(main: object, env: NodeJS.ProcessEnv): Promise<number> {
    const cwd = directoryWith({ 'gateway.yaml': main, 'teams.yaml': { teams: { web } } });
    const loaded = loadConfig({ ...goodEnvironment, ...env }, { cwd, now });
    if ('problems' in loaded) throw new Error(loaded.problems.join());
    let changes = 0;
    const close = watchTeams(
      loaded.config,
      () => now,
      () => {
        changes += 1;
      },
    );
    for (const file of ['teams.yaml', 'gateway.yaml'])
      writeFileSync(join(cwd, file), stringify({ teams: {} }));
    await elapse(LOOK_MS);
    close();
    return changes;
  }

  test.concurrent('without TEAMS_FILE', async () => {
    expect(await noticed({ teams: { web } }, {})).toBe(0);
  });

  test.concurrent('in auth mode open', async () => {
    expect(await noticed({ auth: { modes: ['open'] } }, { TEAMS_FILE: 'teams.yaml' })).toBe(0);
  });

  test.concurrent('as there is in every other', async () => {
    expect(await noticed({}, { TEAMS_FILE: 'teams.yaml' })).toBe(1);
  });
});
