/** Follows the events of a gateway (server-sent events, HTML §9.2), and connects again whenever they end. */

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;
/** Views come each second; a connection that brings none for so long is given up. */
const SILENT_MS = 5000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Not `EventSource`, which cannot send a key.
 *
 * @param keyed gives the headers of the next try
 * @param onView told of each event's data
 * @param onRefused told of an answer that trying again would not change, and resolves when another key is there
 * @param onProblem told of any other answer that is none; it is asked again
 */
export async function follow(url, { keyed, onView, onRefused, onProblem }) {
  for (let tries = 0; ; tries += 1) {
    // Tabs that nobody sees would take the connections that a browser has for this host.
    await shown();
    let waitMs = Math.min(FIRST_RETRY_MS * 2 ** tries, LONGEST_RETRY_MS) * (0.5 + Math.random() / 2);
    try {
      await once(url, keyed(), (view) => {
        tries = 0;
        onView(view);
      });
    } catch (error) {
      // Otherwise the connection was lost.
      if (error instanceof Refused) {
        if (error.isFinal) {
          await onRefused(error.problem);
          continue;
        }
        onProblem(error.problem);
        waitMs = Math.max(waitMs, (error.problem.retry_after ?? 0) * 1000);
      }
    }
    await pause(waitMs);
  }
}

class Refused extends Error {
  constructor(problem, status) {
    super('refused');
    this.problem = problem;
    this.isFinal = [401, 403].includes(status);
  }
}

function shown() {
  if (!document.hidden) return undefined;
  return new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
}

async function once(url, headers, onView) {
  const ending = new AbortController();
  const end = () => ending.abort();
  document.addEventListener('visibilitychange', end, { once: true });
  let watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(end, SILENT_MS);
  };
  alive();
  try {
    const { signal } = ending;
    const response = await fetch(url, { headers, signal, credentials: 'omit', cache: 'no-store' });
    if (!response.ok) throw new Refused(await problemOf(response), response.status);
    let rest = '';
    for await (const text of chunks(response.body.pipeThrough(new TextDecoderStream()))) {
      alive();
      const events = (rest + text).split('\n\n');
      rest = events.pop();
      for (const event of events) onView(JSON.parse(event.slice('data: '.length)));
    }
  } finally {
    clearTimeout(watchdog);
    document.removeEventListener('visibilitychange', end);
    end();
  }
}

/** What stands between may answer otherwise than the gateway does. */
const problemOf = (response) =>
  response.json().catch(() => ({ detail: `Answered with ${response.status}.` }));

/** Streams are not iterable in every browser. */
async function* chunks(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
