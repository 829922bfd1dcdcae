import fetch, { Headers, Response } from 'node-fetch';

const INDEX = 'judged';

/**
 * The `fetch` that the suite's client calls with. It changes addresses and shapes, never what came of a request: status
 * and headers of the answer are the gateway's, the bookkeeping is the origin's.
 */
export function fetchThrough(gateway, origin) {
  const tags = new Map();
  return async (url, init = {}) => {
    const { pathname, search } = new URL(url);
    const [, what, id] = pathname.split('/');
    if (what === 'config') {
      origin.configure(id, JSON.parse(init.body));
      return new Response('', { status: 201 });
    }
    if (what === 'state') return new Response(JSON.stringify(origin.requestsFor(id)));

    const known = tags.get(id) ?? {};
    origin.callerIsAt(id, new Headers(init.headers).get('Req-Num'));
    const answer = await fetch(`${gateway.url}/api/indexes/${INDEX}/profiles/${id}${search}`, {
      method: init.method,
      headers: [...init.headers.map((header) => withOurTag(header, known)), ['X-API-Key', gateway.key]],
    });
    const { body, bookkeeping, tag } = unwrap(answer, await answer.text(), id, origin);
    const headers = new Headers([...answer.headers, ...bookkeeping]);
    if (tag !== undefined) tags.set(id, { ours: answer.headers.get('ETag'), theirs: tag });
    const { ours, theirs } = tags.get(id) ?? {};
    if (ours !== undefined && answer.headers.get('ETag') === ours) headers.set('ETag', theirs);
    return new Response(body, { status: answer.status, headers });
  };
}

/** An answer without a body of the origin's cannot say which one it is; how many requests got there, the origin can. */
function unwrap({ status }, text, id, origin) {
  if (status !== 200) {
    return { body: text, bookkeeping: [['Server-Request-Count', String(origin.requestsFor(id).length)]] };
  }
  const { data, bookkeeping, etag } = JSON.parse(text);
  return { body: data[0], bookkeeping, tag: etag };
}

/**
 * The gateway has validators of its own, so the suite's go by another name on the way: what stands between the quotes of
 * the one that it was given is replaced, and all that may be well or ill formed around it is left as it is.
 */
function withOurTag([name, value], { ours, theirs }) {
  if (name.toLowerCase() !== 'if-none-match' || ours === undefined) return [name, value];
  return [name, value.replaceAll(opaque(theirs), opaque(ours))];
}

const opaque = (tag) => tag.replace(/^W\//, '').replaceAll('"', '');
