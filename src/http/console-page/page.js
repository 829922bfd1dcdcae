/** Shows what the gateway and its fleet do, as it happens. */

import { headersOf, isWritable, UNWRITABLE } from './credential.js';
import { Minute, OLD_MS, percentile } from './minute.js';
import { Plots } from './plots.js';
import './purge.js';
import { follow } from './stream.js';
import { counted, lasting, say, showIndexes, showProblems, showReplicas, showTeams } from './tables.js';

const MOST_INDEXES = 8;

const shown = document.querySelector('#shown');
const state = document.querySelector('#state');
const credential = document.querySelector('#credential');
const minute = new Minute();
const plots = new Plots();
let key = '';
let seenAt;

/** Read out: so it changes only in kind, and how old the figures are stands beside it. */
function stateIs(is, text) {
  state.dataset.is = is;
  shown.dataset.is = is;
  if (state.textContent !== text) state.textContent = text;
}

function showAge() {
  if (seenAt === undefined || state.dataset.is === 'refused') return;
  const ageMs = performance.now() - seenAt;
  const isOld = ageMs > OLD_MS;
  if (!isOld) stateIs('live', 'Live');
  else if (state.dataset.is === 'live')
    stateIs('old', 'Old: the gateway is not heard of any more. Trying again …');
  say('age', isOld ? `What is shown is ${lasting(ageMs)} old.` : '');
}

function warningsFor({ replicas }, { status: { budget, redis } }) {
  const broken = Object.values(budget.breakers).some((is) => is === 'open');
  const gone = replicas.filter(({ ageMs }) => ageMs > OLD_MS).length;
  return [
    redis?.up === false && `Redis is lost. Budget: ${budget.mode}. What other replicas do is not shown.`,
    redis?.up !== false && gone > 0 && `Replicas not heard of any more: ${gone}.`,
    budget.coolDownMs > 0 && 'Amperity has refused a call: nobody calls until the pause is over.',
    broken && 'Amperity is failing: a breaker is open, and stale pages are answered where there are some.',
    budget.effectiveRate < budget.rate &&
      'Amperity allows less than is configured; the plot of the budget shows how much.',
  ].filter((warning) => warning);
}

function showWarnings(texts) {
  const list = document.querySelector('#warnings');
  if ([...list.children].map((item) => item.textContent).join() === texts.join()) return;
  list.replaceChildren(
    ...texts.map((text) => Object.assign(document.createElement('li'), { textContent: text })),
  );
}

function show(view) {
  const { at, replica, replicas } = view;
  const own = replicas.find((each) => each.replica === replica);
  const { budget, name, queue } = own.status;
  credential.hidden = true;
  shown.hidden = false;
  minute.take(view);
  showWarnings(warningsFor(view, own));

  const waiting = queue.reduce((sum, { flights }) => sum + flights, 0);
  const oldestMs = Math.max(0, ...queue.map((each) => each.oldestMs));
  const { cachedShare } = minute;
  const p95 = percentile(minute.tookMs, 95);
  say('name', name);
  say('calls-second', counted(minute.last?.sent ?? 0));
  say('limit', counted((budget.rate * 1000) / budget.windowMs));
  say('waiting', counted(waiting));
  say('oldest', waiting === 0 ? '–' : lasting(oldestMs));
  say('cached', cachedShare === undefined ? '–' : `${Math.round(cachedShare * 100)} %`);
  say('p95', p95 === undefined ? '–' : lasting(p95));
  say('refused', counted(minute.ended('refused')));
  say('failed', counted(minute.ended('failed')));
  say('replica-count', replicas.filter(({ ageMs }) => ageMs <= OLD_MS).length);
  say('mode', budget.mode);
  plots.show(minute, budget);
  showTeams(replicas, queue);
  showIndexes(minute.indexes(MOST_INDEXES));
  showProblems(replicas, at);
  showReplicas(replicas, replica, at);
}

/** Another release of the gateway may tell what this page does not know. */
function tryToShow(view) {
  try {
    show(view);
    seenAt = performance.now();
    showAge();
  } catch (error) {
    reportError(error);
    stateIs('old', 'What the gateway tells cannot be shown. Reloading the page may help.');
  }
}

const keyed = () => (key === '' ? {} : headersOf(key));

/** Until somebody gives another one. */
function anotherKey({ detail }) {
  stateIs('refused', key === '' ? 'This listener asks for a key.' : `Refused: ${detail}`);
  // It was for who may see it.
  shown.hidden = true;
  say('age', '');
  credential.hidden = false;
  if (document.activeElement === document.body) document.querySelector('#key').focus();
  return new Promise((resolve) => {
    credential.onsubmit = () => {
      const given = document.querySelector('#key').value.trim();
      if (!isWritable(given)) return stateIs('refused', UNWRITABLE);
      key = given;
      stateIs('connecting', 'Connecting …');
      resolve();
    };
  });
}

credential.addEventListener('submit', (event) => event.preventDefault());
setInterval(showAge, 1000);
await follow('console/events', {
  keyed,
  onView: tryToShow,
  onRefused: anotherKey,
  onProblem: ({ detail }) => stateIs('old', detail),
});
