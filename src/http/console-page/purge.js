/** The form that forgets pages, which asks back before it does. */

import { headersOf, isWritable, UNWRITABLE } from './credential.js';

/** Followers of Redis are waited for, and nothing else takes long. */
const LONGEST_MS = 30_000;

const form = document.querySelector('#purge');
const result = document.querySelector('#purge-result');
const dialog = document.querySelector('#purge-confirm');
const { index, profile, key } = form.elements;
const NEEDS = { profile: [index, profile], index: [index], all: [] };

const wanted = () => new FormData(form).get('what');

function follow() {
  for (const field of [index, profile]) field.disabled = !NEEDS[wanted()].includes(field);
}

function bodyOf(what) {
  if (what === 'all') return { all: true };
  return what === 'index' ? { index: index.value } : { index: index.value, profile: profile.value };
}

const QUESTIONS = {
  all: () => 'Forget everything, of every index?',
  index: () => `Forget all of the index ${index.value}?`,
  profile: () => `Forget this profile of the index ${index.value}?`,
};

async function confirmed(question) {
  document.querySelector('#purge-question').textContent = question;
  dialog.returnValue = 'no';
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  return dialog.returnValue === 'yes';
}

async function purge(body, credential) {
  const response = await fetch('purge', {
    method: 'POST',
    headers: { ...headersOf(credential), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    credentials: 'omit',
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  const answer = await response.json();
  if (!response.ok) return `Not purged: ${answer.detail}`;
  const widened = answer.widened
    ? ' Its whole index was purged, since not all of its pages are known by profile.'
    : '';
  return `Purged: ${answer.pages} stored ${answer.pages === 1 ? 'page' : 'pages'}.${widened}`;
}

form.addEventListener('change', follow);
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  result.textContent = '';
  const what = wanted();
  const credential = key.value.trim();
  if (!isWritable(credential)) {
    result.textContent = UNWRITABLE;
    return;
  }
  if (!(await confirmed(QUESTIONS[what]()))) {
    result.textContent = 'Nothing was purged.';
    return;
  }
  result.textContent = 'Purging …';
  try {
    result.textContent = await purge(bodyOf(what), credential);
  } catch {
    result.textContent =
      'The gateway could not be reached; whether it has purged is not known. Purging again does no harm.';
  }
});
follow();
