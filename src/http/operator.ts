import type { Request, Response } from 'express';
import type { Audit, AuditEvent } from '../access/audit.ts';
import type { Authenticate, Identity } from '../access/authenticate.ts';
import type { Scope } from '../access/team-record.ts';
import { GatewayError } from '../shared/errors.ts';
import { isLoopback } from '../shared/loopback.ts';
import { contextOf } from './request-context.ts';
import { readIdentity } from './team-request.ts';

export interface Operators {
  readonly authenticate: Authenticate;
  readonly audit: Audit;
}

export interface Onlookers extends Operators {
  /** Whether only this machine can reach the listener, so that the status is shown without a key. */
  readonly isLocal: boolean;
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
  const renew = authenticate.renew.bind(authenticate);
  return new Operator(identity, renew, contextOf(res).requestId, event, audit);
}

/**
 * Lets somebody see the status: whoever has the scope, and on loopback everybody on this machine. That a browser runs
 * there is no reason to show it to the pages of others, which may give a name of theirs the address of this machine
 * (DNS rebinding), or ask across origins.
 *
 * @returns whether that is still so, to be asked while something goes on
 */
export async function readOnlooker(req: Request, res: Response, parts: Onlookers): Promise<() => boolean> {
  if (!parts.isLocal) {
    const operator = await readOperator(req, res, parts, 'status');
    operator.requireOneOf(['status:read']);
    return () => operator.stillHas('status:read');
  }
  const site = req.headers['sec-fetch-site'] ?? 'none';
  if (!isLoopback(hostOf(req)) || !OWN_SITE.has(site as string)) {
    const message =
      'Without a key this is for this machine alone; ask by a loopback address, such as 127.0.0.1.';
    throw new GatewayError('forbidden_origin', message);
  }
  return () => true;
}

/** Fetch Metadata §2.4. */
const OWN_SITE = new Set(['none', 'same-origin']);

/** Without its port. */
const hostOf = ({ headers: { host = '' } }: Request): string => host.replace(/:\d+$/, '');

class Operator {
  readonly #identity: Identity;
  readonly #renew: Authenticate['renew'];
  readonly #requestId: string;
  readonly #event: What;
  readonly #audit: Audit;

  constructor(
    identity: Identity,
    renew: Authenticate['renew'],
    requestId: string,
    event: What,
    audit: Audit,
  ) {
    this.#identity = identity;
    this.#renew = renew;
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

  stillHas(scope: Scope): boolean {
    try {
      return this.#renew(this.#identity).team.scopes.includes(scope);
    } catch {
      return false;
    }
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
