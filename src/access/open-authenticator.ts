import { GatewayError } from '../shared/errors.ts';
import type { Authenticate, Caller, Identity } from './authenticate.ts';
import { headerValue, refuseRepeatedHeaders } from './credentials.ts';
import type { Team } from './team.ts';

const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?$/i;

/**
 * Lets everybody in as one team; for listeners on loopback only, which whoever starts the gateway checks.
 * The `Host` must name loopback too: in DNS rebinding a web page points its own name at 127.0.0.1 and its
 * scripts reach this port as their own origin, but their `Host` stays that page's name.
 */
export class OpenAuthenticator implements Authenticate {
  readonly #identity: Identity;

  constructor(team: Team) {
    this.#identity = { team, keyId: 'none' };
  }

  async authenticate({ rawHeaders }: Caller): Promise<Identity> {
    refuseRepeatedHeaders(rawHeaders);
    if (!LOOPBACK_HOST.test(headerValue(rawHeaders, 'Host') ?? '')) {
      throw new GatewayError(
        'unauthenticated',
        'Without keys the gateway answers only when the Host header is localhost, 127.0.0.1 or [::1].',
        { cause: 'foreign_host' },
      );
    }
    return this.#identity;
  }

  recall(): undefined {}

  renew(identity: Identity): Identity {
    return identity;
  }
}
