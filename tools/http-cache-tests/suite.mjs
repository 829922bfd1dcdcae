import { readFileSync } from 'node:fs';
import groups from 'http-cache-tests/tests/index.mjs';
import surrogate from 'http-cache-tests/tests/surrogate-control.mjs';

export const LEFT_OUT = JSON.parse(readFileSync(new URL('left-out.json', import.meta.url), 'utf8'));

/** All groups of the suite with the tests that are run, what is left out, and why. */
export function selectTests() {
  const all = [...groups, surrogate].map(({ id, name, tests }) => ({
    id,
    name,
    // Made for browsers alone; the suite itself leaves them out everywhere else.
    tests: tests.filter((test) => !test.browser_only),
  }));
  checkNames(all);
  return all.map((group) => {
    const isLeftOut = ({ id }) => LEFT_OUT.some((entry) => leavesOut(entry, group.id, id));
    return {
      ...group,
      leftOut: group.tests.filter(isLeftOut).length,
      tests: group.tests.filter((test) => !isLeftOut(test)).map(adapted),
    };
  });
}

const leavesOut = ({ groups = [], except = [], tests = [] }, group, test) =>
  tests.includes(test) || (groups.includes(group) && !except.includes(test));

/** A name that the suite does not know would leave out nothing, and nobody would notice. */
function checkNames(all) {
  const groupIds = new Set(all.map(({ id }) => id));
  const testIds = new Set(all.flatMap(({ tests }) => tests.map(({ id }) => id)));
  const unknown = LEFT_OUT.flatMap(({ groups = [], except = [], tests = [] }) => [
    ...groups.filter((id) => !groupIds.has(id)),
    ...[...except, ...tests].filter((id) => !testIds.has(id)),
  ]);
  if (unknown.length > 0)
    throw new Error(`left-out.json names what the suite has not: ${unknown.join(', ')}`);
}

/** What a test takes for granted of every cache and this one does not do, by the suite's own switches. */
function adapted(test) {
  return { ...test, kind: test.kind ?? 'required', requests: test.requests.map(adaptedRequest) };
}

function adaptedRequest(request) {
  const changed = { ...request };
  // No header of the origin's is passed on, so none is looked for at the caller (`false`).
  if (request.response_headers) {
    changed.response_headers = request.response_headers.map(([name, value]) => [name, value, false]);
  }
  // That something does not exist is said in the gateway's own words.
  if (request.response_status?.[0] === 404) changed.check_body = false;
  // Where the origin hangs up and the stored answer is forbidden, this version wants 200 with the body, which nobody
  // can give; later ones take any status. A gateway's is 502 (RFC 9110 §15.6.3).
  if (request.disconnect && request.expected_type === 'not_cached') {
    changed.expected_status = 502;
    changed.check_body = false;
  }
  return changed;
}
