import { createSecretKey } from 'node:crypto';
import type { Audit } from './access/audit.ts';
import type { Authenticate } from './access/authenticate.ts';
import { Gate } from './access/gate.ts';
import { KnownTokens } from './access/known-tokens.ts';
import { OpenAuthenticator } from './access/open-authenticator.ts';
import type { Revocations } from './access/revocations.ts';
import { Roster } from './access/roster.ts';
import { teamOf } from './access/team.ts';
import { TokenVerifier } from './access/token-verifier.ts';
import type { Config } from './config/config.ts';
import { type Reload, watchTeams } from './config/live-teams.ts';
import { maskKey as readMaskKey } from './config/mask-key.ts';
import type { Clock } from './shared/clock.ts';
import type { Log } from './shared/log.ts';
import { teamSubkey } from './shared/subkey.ts';
import { watchFile } from './shared/watched-file.ts';

export interface AccessParts {
  readonly config: Config;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  readonly onReload: (outcome: Reload['outcome']) => void;
  readonly onMaskKey: (outcome: 'ok' | 'invalid') => void;
}

export interface Access {
  readonly authenticate: Authenticate;
  /** Who may ask now. */
  readonly roster: () => Roster;
  /** When each key that was used since the start was used last; epoch ms. */
  readonly lastUsed: ReadonlyMap<string, { readonly team: string; readonly at: number }>;
  readonly close: () => void;
}

/** Who is let in, and as whom: as the teams are now, which may be others in a moment. */
export function composeAccess({
  audit,
  clock,
  config,
  log,
  onMaskKey,
  onReload,
  revocations,
}: AccessParts): Access {
  const { auth, maskKeyPath, teams } = config;
  let { maskKey } = config;
  const maskKeys = (team: string) => maskKey && createSecretKey(teamSubkey(maskKey, team));
  let records: Config['teams'] = teams;
  let roster = new Roster(records, maskKeys);
  const leaveTeams = watchTeams(
    config,
    () => clock.now(),
    (reload) => {
      if (reload.outcome === 'ok') {
        records = reload.teams;
        roster = new Roster(records, maskKeys);
        log.info({ teams: [...roster.teams.keys()] }, 'teams follow their file');
        for (const warning of reload.warnings) log.warn({ setting: warning }, 'settings');
      } else {
        for (const problem of reload.problems) log.error({ setting: problem }, 'teams stay as they were');
      }
      onReload(reload.outcome);
    },
  );
  const followMaskKey = (text: string): void => {
    const key = readMaskKey(text);
    maskKey = key ?? maskKey;
    roster = new Roster(records, maskKeys);
    onMaskKey(key === undefined ? 'invalid' : 'ok');
  };
  const leaveMaskKey = maskKeyPath === undefined ? () => {} : watchFile(maskKeyPath, followMaskKey);

  const lastUsed = new Map<string, { team: string; at: number }>();
  const { local } = teams;
  const isOpen = auth.modes.includes('open') && local !== undefined;
  const authenticate = isOpen
    ? new OpenAuthenticator(teamOf('local', local, maskKeys))
    : new Gate({
        roster: () => roster,
        ...(auth.modes.includes('apiKey') && {
          keys: {
            isRevoked: (keyId) => revocations.isRevoked(keyId),
            onUsed: (team, keyId) => lastUsed.set(keyId, { team, at: clock.now() }),
          },
        }),
        ...(auth.modes.includes('jwt') && {
          tokens: new KnownTokens(
            new TokenVerifier(auth.jwt, {
              clock,
              onKeyFetch: (issuer, outcome) => {
                if (outcome !== 'ok') log.warn({ issuer, outcome }, 'keys of an issuer');
              },
            }),
            clock,
          ),
        }),
        clock,
        audit,
      });
  const close = (): void => {
    leaveTeams();
    leaveMaskKey();
  };
  return { authenticate, roster: () => roster, lastUsed, close };
}
