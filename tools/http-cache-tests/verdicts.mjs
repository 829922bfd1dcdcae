/** Fails by the configuration: what the origin says nothing about is fresh for as long as the gateway is told. */
const BY_CONFIGURATION = 'freshness-none';

/**
 * The outcome of each test by id. As in the suite a test says nothing when one fails that it depends on; unlike there
 * nothing hangs on `BY_CONFIGURATION`, on which nearly everything would.
 *
 * @param results by test id: `true`, or name and message of what was thrown
 */
export function outcomesOf(groups, results) {
  const tests = new Map(groups.flatMap(({ tests }) => tests.map((test) => [test.id, test])));
  const passes = (id) => !tests.has(id) || id === BY_CONFIGURATION || outcome(id) === 'passed';
  const outcome = (id) => {
    const { depends_on: dependencies = [] } = tests.get(id);
    if (!dependencies.every(passes)) return 'dependency failed';
    if (results[id] === true) return 'passed';
    return results[id][0] === 'Setup' ? 'setup failed' : 'failed';
  };
  return new Map([...tests.keys()].map((id) => [id, outcome(id)]));
}

/** What differs from what was expected, in sentences; required tests first. */
export function differences(tests, outcomes, expected, results) {
  const found = [];
  for (const { id, kind } of tests) {
    const { outcome = 'nothing', why } = expected[id] ?? {};
    const now = outcomes.get(id);
    if (now !== outcome) found.push(`${kind} ${id}: ${now}, expected was ${outcome}${because(results[id])}`);
    else if (kind === 'required' && now !== 'passed' && !why)
      found.push(`required ${id}: ${now}, and no why`);
  }
  for (const id of Object.keys(expected)) {
    if (!outcomes.has(id)) found.push(`${id}: expected was ${expected[id].outcome}, but it is not run`);
  }
  return found;
}

/** As they came out now; the reasons are a reviewer's and stay, as long as there is something to explain. */
export function expectationsFrom(tests, outcomes, before) {
  const entry = (id) => {
    const outcome = outcomes.get(id);
    const why = before[id]?.why;
    return { outcome, ...(why && outcome !== 'passed' && { why }) };
  };
  return Object.fromEntries(tests.map(({ id }) => [id, entry(id)]));
}

export const because = (result) => (result === true ? '' : ` (${result[1]})`);
