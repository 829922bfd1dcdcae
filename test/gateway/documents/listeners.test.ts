import { expect, test } from '@jest/globals';
import { REPOSITORY } from '../../support/documents/commands.ts';
import { expectOutcome } from '../../support/documents/outcome.ts';
import { commandsFor } from '../../support/documents/rules.ts';
import { shell } from '../../support/documents/shell.ts';
import { stage } from '../../support/stage.ts';

const actors = stage({ preset: 'test', 'rate.kind': 'off' });
const SCOPES = ['keys:revoke', 'purge:profile'];
/** The one that docs/access.md ends. */
const ANOTHER_KEY = { id: 'k7Qm2ZrT0a', sha256: '5f'.repeat(32), notAfter: '2099-06-01T00:00:00Z' };

test.each(commandsFor('gateway/documents/listeners.test.ts'))(
  'is right: %s',
  async (_, { command, rule }) => {
    const gateway = await actors.start({ teams: { web: { scopes: SCOPES, keys: [ANOTHER_KEY] } } });
    const key = gateway.key();
    const script = command.written.replaceAll('http://127.0.0.1:9090', gateway.adminUrl);
    expect(script).not.toMatch(/127\.0\.0\.1:[89]0/);
    const env = { GATEWAY: gateway.url, GATEWAY_KEY: key, KEY: key, INDEX: 'idx-loyalty' };
    expectOutcome(rule, await shell(script, { cwd: REPOSITORY, env }));
  },
);
