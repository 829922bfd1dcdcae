import type { Request, Response } from 'express';
import type { Audit, AuditEvent } from '../access/audit.ts';
import type { Authenticate, Identity } from '../access/authenticate.ts';
import type { Scope } from '../access/team-record.ts';
import { GatewayError } from '../shared/errors.ts';
import { contextOf } from './request-context.ts';
import { readIdentity } from './team-request.ts';

export interface Operators {
  readonly authenticate: Authenticate;
  readonly audit: Audit;
}

type What = Extract<AuditEvent, { readonly scope: Scope }>['event'];

/** Lets somebody in on the admin listener, where each thing that is done takes a scope and leaves a line. */
export async function readOperator(
  req: Request,
  res: Response,
  { authenticate, audit }: Operators,
  event: What,
): Promise<Operator> {
  const identity = await readIdentity(req, res, authenticate, 'admin');
  return new Operator(identity, contextOf(res).requestId, event, audit);
}

class Operator {
  readonly #identity: Identity;
  readonly #requestId: string;
  readonly #event: What;
  readonly #audit: Audit;

  constructor(identity: Identity, requestId: string, event: What, audit: Audit) {
    this.#identity = identity;
    this.#requestId = requestId;
    this.#event = event;
    this.#audit = audit;
  }

  /** Throws `forbidden_scope`, naming the first one, when the team has none of them. */
  requireOneOf(scopes: readonly [Scope, ...Scope[]]): void {
    if (scopes.some((scope) => this.#identity.team.scopes.includes(scope))) return;
    this.#line(scopes[0], 'refused');
    const missing = scopes.length === 1 ? scopes[0] : `one of ${scopes.join(', ')}`;
    throw new GatewayError('forbidden_scope', `Nothing was done; that needs ${missing} in the right scopes.`);
  }

  /** Does it, and writes down how it went with what is known of it. */
  async audited<T extends object>(scope: Scope, act: () => Promise<T>): Promise<T> {
    try {
      const result = await act();
      this.#line(scope, 'done', result);
      return result;
    } catch (error) {
      this.#line(scope, 'failed');
      throw error;
    }
  }

  #line(scope: Scope, outcome: 'done' | 'refused' | 'failed', detail: object = {}): void {
    const { team, keyId } = this.#identity;
    const event = this.#event;
    this.#audit({ ...detail, event, team: team.name, keyId, scope, outcome, requestId: this.#requestId });
  }
}
