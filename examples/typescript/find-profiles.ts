// Walks all pages of a question; the types of questions, answers and problems are made from docs/openapi.json.
import { setTimeout as sleep } from 'node:timers/promises';
import type { components, operations } from './gateway-api.d.ts';

type Question = operations['searchProfiles']['requestBody']['content']['application/json'];
type ProfilePage = components['schemas']['ProfilePage'];
type Profile = components['schemas']['Profile'];
type Problem = components['schemas']['Problem'];

const { GATEWAY, GATEWAY_KEY, INDEX } = process.env;
/** In seconds. Whoever is told to come back later than that, tomorrow say, had better fail. */
const LONGEST_PAUSE = 60;

class GatewayProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail} X-Request-Id: ${problem.request_id}`);
    this.problem = problem;
  }
}

async function findPage(question: Question): Promise<ProfilePage> {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(`${GATEWAY}/api/indexes/${INDEX}/profiles/search`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${GATEWAY_KEY}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(question),
    });
    if (answer.ok) return (await answer.json()) as ProfilePage;
    const problem = (await answer.json()) as Problem;
    // Comes with 429 and 503, and with whatever else is worth asking again.
    const { retry_after: pause = Number.POSITIVE_INFINITY } = problem;
    if (pause > LONGEST_PAUSE || attempt === 5) throw new GatewayProblem(problem);
    await sleep(pause * 1000);
  }
}

async function* findProfiles(question: Question): AsyncGenerator<Profile> {
  let next_token: string | null | undefined;
  do {
    const page = await findPage({ ...question, ...(next_token && { next_token }) });
    yield* page.data;
    next_token = page.next_token;
    // Absent, empty or null on the last page.
  } while (next_token);
}

try {
  for await (const { id, attributes } of findProfiles({ filter: { first_name: 'Daniel' }, limit: 10 })) {
    console.log(id, attributes?.city);
  }
} catch (error) {
  if (!(error instanceof GatewayProblem)) throw error;
  console.error(error.message);
  // The codes are part of the types: a misspelt one does not compile.
  if (error.problem.code === 'forbidden_attribute') console.error('Ask the operator for this filter.');
  process.exitCode = 1;
}
