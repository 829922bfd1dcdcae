import express, { type Request, type Response } from 'express';
import { GatewayError } from '../shared/errors.ts';
import { EdgeError } from './problem.ts';

/** A question and a purge are short, and no compression of them is worth what unpacking can take. */
export const MAX_BODY_BYTES = 16_384;

const readRaw = express.raw({ limit: MAX_BODY_BYTES, inflate: false, type: () => true });

/**
 * The text of a JSON body, well-formed UTF-8 that was not parsed yet. Rejects with `invalid_parameter`: 415 for another
 * media type, charset or content coding, 413 for too long a body, 400 for what is no UTF-8 or no JSON.
 *
 * @param hint what to send, for whoever has sent something else
 */
export async function readJsonBody(req: Request, res: Response, hint: string): Promise<string> {
  if (!isJson(req.headers['content-type'])) {
    throw new EdgeError(415, 'invalid_parameter', `The body must be application/json in UTF-8: ${hint}.`);
  }
  await new Promise<void>((resolve, reject) => {
    readRaw(req, res, (error?: unknown) =>
      error === undefined ? resolve() : reject(understood(error, hint)),
    );
  });
  const text = asText(req.body);
  if (text === undefined) throw malformed(hint);
  return text;
}

/** The value of the one member that a body has; undefined when it has another one, or others beside it. */
export function onlyMember(text: string, name: string): unknown {
  const body: unknown = JSON.parse(text);
  if (typeof body !== 'object' || body === null || Object.keys(body).length !== 1) return undefined;
  return Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined;
}

function isJson(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  return type === 'application/json' && parameters.every((each) => /^(charset="?utf-8"?)?$/.test(each));
}

function asText(body: unknown): string | undefined {
  if (!Buffer.isBuffer(body)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

/** What the reader says of a body might repeat it. */
function understood(error: unknown, hint: string): unknown {
  switch ((error as { status?: unknown } | null)?.status) {
    case 413:
      return new EdgeError(413, 'invalid_parameter', `The body exceeds ${MAX_BODY_BYTES} bytes: ${hint}.`);
    case 415:
      return new EdgeError(415, 'invalid_parameter', `The body must come without content coding: ${hint}.`);
    case 400:
      return malformed(hint);
    default:
      return error;
  }
}

const malformed = (hint: string): GatewayError =>
  new GatewayError('invalid_parameter', `The body must be well-formed JSON: ${hint}.`, {
    errors: [{ name: 'body', reason: `must be well-formed JSON: ${hint}` }],
  });
