// Walks all pages of a question and prints how many profiles there are.
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';

const { GATEWAY, GATEWAY_KEY, INDEX } = process.env;
const FILTER = { 'filter[first_name]': 'Daniel' };
/** In seconds. Whoever is told to come back later than that, tomorrow say, had better fail. */
const LONGEST_PAUSE = 60;

const gateway = axios.create({
  baseURL: `${GATEWAY}/api`,
  headers: { Authorization: `Bearer ${GATEWAY_KEY}` },
  // A page may have to wait for the budget first.
  timeout: 120_000,
  // Refusals are looked at below. An AxiosError would carry the key into whatever prints it.
  validateStatus: null,
});

async function pageOf(params) {
  for (let attempt = 1; ; attempt++) {
    const { status, headers, data } = await gateway.get(`/indexes/${INDEX}/profiles`, { params });
    if (status === 200) return data;
    // Comes with 429 and 503, and with whatever else is worth asking again.
    const pause = Number(headers['retry-after']);
    if (!(pause <= LONGEST_PAUSE) || attempt === 5) {
      throw new Error(`${status} ${data.code}: ${data.detail} X-Request-Id: ${headers['x-request-id']}`);
    }
    await sleep(pause * 1000);
  }
}

try {
  let count = 0;
  let next_token;
  do {
    const page = await pageOf({ ...FILTER, limit: 10, next_token });
    count += page.data.length;
    next_token = page.next_token;
    // Absent, empty or null on the last page.
  } while (next_token);
  console.log(`${count} profiles`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
