import fc from 'fast-check';
import type { Asked } from './attempt.ts';
import { plant } from './canary.ts';
import { mutations } from './mutations.ts';
import type { Planned } from './requests.ts';

/** Requests of which some bytes were changed, whatever that does to their framing. */
export const mutatedBytes = (requests: fc.Arbitrary<Planned>): fc.Arbitrary<Planned> =>
  fc.tuple(requests, mutations, fc.constantFrom('half-close', undefined)).map(
    ([make, change, ending]): Planned =>
      (serial) => {
        const attempt = make(serial);
        const text = plant(change(attempt.bytes.toString('latin1')), serial);
        return {
          kind: 'mutated bytes',
          bytes: Buffer.from(text, 'latin1'),
          asked: [...lenientlyRead(text), { method: 'GET', target: '' }],
          verdict: 'any',
          team: attempt.team,
          isFramed: false,
          ending,
        };
      },
  );

/** Whatever could be taken for a request, and one more for the refusal of the rest. By hand: an expression would take ages. */
function lenientlyRead(text: string): Asked[] {
  const end = text.indexOf('\r\n\r\n');
  const body = end < 0 ? '' : text.slice(end + 4);
  return text.split('\n').flatMap((line) => {
    const space = line.indexOf(' ');
    const version = line.lastIndexOf(' HTTP/');
    if (space < 0 || version <= space) return [];
    const [method, target] = [line.slice(0, space), line.slice(space + 1, version)];
    return [{ method: method.trim(), target: target.trim(), ...(body !== '' && { body }) }];
  });
}
