import type { Scope } from './team-record.ts';

/** What is worth a line that is kept: who did or tried what, and how it went. Never a credential, never a person. */
export type AuditEvent =
  | {
      readonly event: 'login_refused';
      readonly cause: string;
      /** As far as the credential says: the public id of a key, or the name of a configured issuer. */
      readonly keyId?: string | undefined;
      readonly issuer?: string | undefined;
      readonly address: string;
    }
  | { readonly event: 'login_throttled'; readonly address: string }
  | {
      readonly event: 'origin_refused';
      readonly team: string;
      readonly keyId: string;
      readonly kind: string;
      readonly address: string;
    }
  | {
      readonly event: 'purge' | 'revoke' | 'status' | 'log_level';
      readonly team: string;
      readonly keyId: string;
      readonly scope: Scope;
      readonly outcome: 'done' | 'refused' | 'failed';
      readonly requestId: string;
      readonly [detail: string]: unknown;
    };

export type Audit = (event: AuditEvent) => void;
