import { createHash } from 'node:crypto';

export interface Token {
  /** What the journal calls it; the value itself is never stored there. */
  readonly label: string;
  readonly value: string;
  readonly tenant: string;
  /** Unix milliseconds; Infinity for static tokens. */
  readonly expiresAt: number;
}

interface Client {
  readonly tenant: string;
  /** Several at once: after a rotation the old secret works on for 30 days. */
  readonly secrets: readonly string[];
}

const clients: Readonly<Record<string, Client>> = {
  'sim-client': { tenant: 'acme', secrets: ['sim-secret', 'sim-secret-2'] },
  'sim-client-sb': { tenant: 'acme-sb-12345', secrets: ['sim-secret-sb', 'sim-secret-sb-2'] },
};
const staticTokens = [
  { value: 'sim-token', tenant: 'acme' },
  { value: 'sim-token-sb', tenant: 'acme-sb-12345' },
];
const MOST_TOKENS = 10_000;

/** Bearer tokens that are valid now. */
export class TokenVault {
  readonly #tokens = new Map<string, Token>();
  #issued = 0;

  constructor() {
    this.reset();
  }

  /** Only the static tokens, `tok-1` and `tok-2`, are left. */
  reset(): void {
    this.#tokens.clear();
    this.#issued = 0;
    for (const { value, tenant } of staticTokens) this.#keep(value, tenant, Infinity);
  }

  find(value: string, nowMs: number): Token | undefined {
    const token = this.#tokens.get(value);
    return token && token.expiresAt > nowMs ? token : undefined;
  }

  /** The tenant the credentials belong to. */
  tenantOfClient(id: string, secret: string): string | undefined {
    const client = Object.hasOwn(clients, id) ? clients[id] : undefined;
    return client?.secrets.includes(secret) ? client.tenant : undefined;
  }

  /** `saidLifeS` is what the token claims, `realLifeS` how long it works. */
  issue(clientId: string, tenant: string, nowMs: number, saidLifeS: number, realLifeS: number): Token {
    const issuedS = Math.floor(nowMs / 1000);
    const claims = { sub: clientId, tenant, iat: issuedS, exp: issuedS + saidLifeS, jti: this.#issued + 1 };
    const unsigned = `${base64Json({ alg: 'RS256', typ: 'JWT' })}.${base64Json(claims)}`;
    // Not a signature anybody could check: tokens only have to look like the real ones.
    const signature = createHash('sha512').update(unsigned).digest('base64url');
    if (this.#tokens.size >= MOST_TOKENS) this.#dropOldestIssued();
    return this.#keep(`${unsigned}.${signature}`, tenant, nowMs + realLifeS * 1000);
  }

  /** Revokes the token with this label or value, or all; returns how many. */
  revoke(which: string | undefined): number {
    let revoked = 0;
    for (const [value, { label }] of this.#tokens) {
      if (which !== undefined && which !== label && which !== value) continue;
      this.#tokens.delete(value);
      revoked++;
    }
    return revoked;
  }

  #keep(value: string, tenant: string, expiresAt: number): Token {
    const token = { label: `tok-${++this.#issued}`, value, tenant, expiresAt };
    this.#tokens.set(value, token);
    return token;
  }

  #dropOldestIssued(): void {
    for (const [value, { expiresAt }] of this.#tokens) {
      if (expiresAt === Infinity) continue;
      this.#tokens.delete(value);
      return;
    }
  }
}

function base64Json(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
