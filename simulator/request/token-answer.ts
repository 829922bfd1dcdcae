import type { IncomingMessage } from 'node:http';
import type { KnobValues } from '../knobs/knob-table.ts';
import { type Answer, errorAnswer, jsonAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { TokenVault } from './token-vault.ts';

const MOST_BODY_BYTES = 16 * 1024;

/** The OAuth 2.0 client credentials grant; refusals have the shape of RFC 6749, section 5.2. */
export async function tokenAnswer(exchange: Exchange, vault: TokenVault): Promise<Answer> {
  const { req, knobs, tenant, serial } = exchange;
  const body = await readBody(req);
  if (tenant === null) {
    return errorAnswer(knobs, Number(knobs['tenant.error']), 'The tenant is not valid.', serial);
  }
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded' || body === undefined) {
    return refusal(400, 'invalid_request', 'the body must be a form of at most 16 KiB');
  }
  const form = new URLSearchParams(body);
  if (form.get('grant_type') !== 'client_credentials') {
    return refusal(400, 'unsupported_grant_type', 'grant_type must be client_credentials');
  }
  const clientId = form.get('client_id') ?? '';
  if (vault.tenantOfClient(clientId, form.get('client_secret') ?? '') !== tenant) {
    return refusal(Number(knobs['token.error']), 'invalid_client', 'the credentials are not valid');
  }
  const token = vault.issue(clientId, tenant, Date.now(), knobs['token.ttl_s'], realLifeS(knobs));
  exchange.record.token = token.label;
  return jsonAnswer(
    JSON.stringify({ access_token: token.value, expires_in: knobs['token.ttl_s'], token_type: 'Bearer' }),
  );
}

function realLifeS(knobs: KnobValues): number {
  return knobs['token.revoke_after_s'] || knobs['token.ttl_s'];
}

function refusal(status: number, error: string, description: string): Answer {
  return jsonAnswer(JSON.stringify({ error, error_description: description }), status);
}

/** undefined when the body is too large; the rest of it is read and thrown away. */
async function readBody(req: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST_BODY_BYTES) chunks.push(chunk);
  }
  return bytes <= MOST_BODY_BYTES ? Buffer.concat(chunks).toString() : undefined;
}
