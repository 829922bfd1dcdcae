import querystring from 'node:querystring';
import { type Answer, errorAnswer, jsonAnswer, plainErrorBody } from '../request/answer.ts';
import type { Exchange } from '../request/exchange.ts';
import type { FaultRule } from './fault-rule.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Any status with any body: 5xx rates, non-JSON errors, a 200 login page. */
export function statusAnswer(rule: FaultRule, { knobs, req, serial }: Exchange): Answer {
  const status = rule.status ?? 500;
  const retryAfter = rule.retry_after === undefined ? {} : { 'retry-after': String(rule.retry_after) };
  const documented = errorAnswer(knobs, status, 'Injected by a fault rule.', serial, retryAfter);
  switch (rule.body) {
    case 'empty':
    case 'text':
    case 'html': {
      const plain = plainErrorBody(rule.body, status);
      return { status, headers: { ...plain.headers, ...retryAfter }, body: plain.body };
    }
    case 'echo':
      return repeating(documented, querystring.unescape(req.url ?? ''), req.url ?? '');
    case 'echo_credential':
      return repeatingCredential(documented, req.headers.authorization ?? '');
    case 'truncated_json':
      return { ...documented, body: documented.body.slice(0, -8) };
    case 'invalid_utf8': {
      // A continuation byte without its lead byte, inside an otherwise valid document.
      const body = Buffer.concat([Buffer.from('{"data":[],"message":"'), Buffer.from([0xc3, 0x28, 0x80])]);
      return { ...documented, body: Buffer.concat([body, Buffer.from('"}')]) };
    }
    default:
      return documented;
  }
}

/** Says what it was asked wherever a server may say it: as it was sent, and decoded. */
function repeating(answer: Answer, said: string, sent: string): Answer {
  const message = `Cannot answer ${sent}`;
  const body = { ...JSON.parse(String(answer.body)), message, errors: [{ path: sent, value: said }] };
  return {
    ...answer,
    headers: { ...answer.headers, 'x-path': sent, link: `<${sent}>; rel="self"` },
    body: JSON.stringify(body),
  };
}

/** As a server does that tells whoever asks what it cannot read in their headers. */
function repeatingCredential(answer: Answer, sent: string): Answer {
  const credential = sent.replace(/^Bearer /i, '');
  const message = `Cannot read Authorization: ${sent}`;
  const body = { ...JSON.parse(String(answer.body)), message, request_id: credential.slice(0, 64) };
  return { ...answer, body: JSON.stringify(body) };
}

/** JSON of the wrong form, with the status of the right answer. */
export function malformedAnswer(rule: FaultRule, { target }: Exchange, answer: Answer): Answer {
  if (rule.data === 'null') return jsonAnswer('{"data":null}');
  if (rule.data === 'object') return jsonAnswer('{"data":{"id":"m-00001"}}');
  if (rule.data !== 'too_many') return jsonAnswer('{"next_token":"abc"}');
  const limit = Number(target.query?.find(({ name }) => name === 'limit')?.value) || 25;
  const item = '{"id":"m-00001","index_id":"idx-loyalty","attributes":{}}';
  const many = Array.from({ length: Math.min(limit, 10_000) + 1 }, () => item);
  return { ...answer, headers: JSON_TYPE, body: `{"data":[${many.join(',')}]}` };
}

/** `same` and `loop` stay on this port, the latter on the very same target; `trap` is on the control port. */
export function redirectAnswer(rule: FaultRule, { req }: Exchange, controlPort: number): Answer {
  const url = req.url ?? '/';
  const hostname = /^(\[[0-9a-f:]+\]|[\w.-]+)(:\d+)?$/i.exec(req.headers.host ?? '')?.[1] ?? '127.0.0.1';
  const locations = {
    same: `${url}${url.includes('?') ? '&' : '?'}redirected=1`,
    trap: `http://${hostname}:${controlPort}/trap`,
    loop: url,
  };
  const location = locations[(rule.location ?? 'same') as keyof typeof locations];
  return { status: rule.status ?? 302, headers: { location }, body: '' };
}
