/** Attributes to show; the others that the key shows are passed over. */
const COLUMNS = ['first_name', 'city', 'email'];

const element = (id) => document.getElementById(id);
const find = element('find');
const next = element('next');

/** URL, key and question of the page after the one that is shown. */
let following;

async function show({ url, key, question }) {
  find.disabled = next.disabled = true;
  element('profiles').replaceChildren();
  element('status').textContent = 'Asking…';
  try {
    // The question goes in the body: first names stand in no URL, and one preflight does for all of them.
    const answer = await fetch(url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(question),
    }).catch(() => undefined);
    if (answer === undefined) {
      // All that a browser lets a page know of a gateway that is not there or does not list its origin.
      element('status').textContent =
        `No answer that this page may read. Is the gateway there, and does the key list ${location.origin}?`;
      return;
    }
    const body = await answer.json();
    const requestId = `X-Request-Id: ${answer.headers.get('X-Request-Id')}`;
    if (!answer.ok) {
      const retry = body.retry_after ? ` Try again in ${body.retry_after} s.` : '';
      element('status').textContent = `${body.code}: ${body.detail}${retry} ${requestId}`;
      return;
    }
    element('profiles').append(...body.data.map(rowOf));
    element('status').textContent = `${body.data.length} profiles. ${requestId}`;
    // Absent, empty or null on the last page.
    next.disabled = !body.next_token;
    following = { url, key, question: { ...question, next_token: body.next_token } };
  } finally {
    find.disabled = false;
  }
}

function rowOf({ id, attributes }) {
  const row = document.createElement('tr');
  // As text, never as HTML: profiles hold what people typed.
  for (const value of [id, ...COLUMNS.map((name) => attributes[name] ?? '')]) {
    row.insertCell().textContent = value;
  }
  return row;
}

element('columns').append(
  ...['id', ...COLUMNS].map((name) => Object.assign(document.createElement('th'), { textContent: name })),
);
document.querySelector('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const index = encodeURIComponent(element('index').value);
  show({
    url: `${element('gateway').value}/api/indexes/${index}/profiles/search`,
    // Kept in memory alone. A page of your own can have it as a constant: a browser key is no secret.
    key: element('key').value,
    question: { filter: { first_name: element('first-name').value }, limit: 10 },
  });
});
next.addEventListener('click', () => show(following));
