/** Shows openapi.json and tries calls. Everything is put in as text, never as HTML. */

const MOST_SHOWN = 200_000;
const METHODS = ['get', 'post', 'x-query'];

const api = await (await fetch('openapi.json')).json();
const resolved = (part) =>
  part.$ref === undefined
    ? part
    : part.$ref
        .slice(2)
        .split('/')
        .reduce((at, name) => at[name], api);

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** One line for each attribute of a filter, one value for anything else. */
function field(parameter) {
  const { name, in: place, description, example, required, schema, style } = parameter;
  const isFilter = style === 'deepObject';
  const input = element(isFilter ? 'textarea' : 'input', {
    name,
    value: required ? (example ?? '') : '',
    placeholder: isFilter ? 'attribute=value' : (schema.default ?? ''),
  });
  const said = description ?? schema.description ?? '';
  const label = element('label', {}, `${name} (${place})`, element('small', {}, said), input);
  return { parameter, isFilter, input, label };
}

function requestOf(method, path, fields, body) {
  const headers = new Headers();
  const query = new URLSearchParams();
  let target = path;
  for (const { parameter, isFilter, input } of fields) {
    const { name, in: place } = parameter;
    const { value } = input;
    if (place === 'path') target = target.replace(`{${name}}`, () => encodeURIComponent(value));
    else if (value === '') continue;
    else if (place === 'header') headers.set(name, value);
    else if (!isFilter) query.set(name, value);
    else
      for (const line of value.split('\n').filter((each) => each !== '')) {
        const [attribute, ...rest] = line.split('=');
        query.append(`${name}[${attribute}]`, rest.join('='));
      }
  }
  const key = document.querySelector('#key').value.trim();
  if (key.startsWith('agw_')) headers.set('X-API-Key', key);
  else if (key !== '') headers.set('Authorization', `Bearer ${key}`);
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  const search = query.size === 0 ? '' : `?${query}`;
  return { url: `.${target}${search}`, init: { method, headers, body: body?.value, credentials: 'omit' } };
}

async function answerTo({ url, init }) {
  try {
    const response = await fetch(url, init);
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
    const text = await response.text();
    const cut = text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)} …` : text;
    return [`${response.status} ${response.statusText}`, ...headers, '', cut].join('\n');
  } catch (error) {
    return String(error);
  }
}

function shown(path, name, operation) {
  const method = name.replace('x-', '').toUpperCase();
  const fields = (operation.parameters ?? []).map((parameter) => field(resolved(parameter)));
  const content = operation.requestBody?.content['application/json'];
  const body = content && element('textarea', { rows: 6, value: JSON.stringify(content.example, null, 2) });
  const output = element('pre', { hidden: true });
  const send = element('button', { type: 'button' }, 'Send');
  send.addEventListener('click', async () => {
    send.disabled = true;
    output.textContent = await answerTo(requestOf(method, path, fields, body));
    output.hidden = false;
    send.disabled = false;
  });
  const statuses = Object.entries(operation.responses).flatMap(([status, response]) => [
    element('dt', {}, status),
    element('dd', {}, resolved(response).description),
  ]);
  return element(
    'details',
    { id: operation.operationId },
    element('summary', {}, `${method} ${path} `, element('span', {}, operation.summary)),
    element('p', {}, operation.description ?? ''),
    ...fields.map(({ label }) => label),
    ...(body ? [element('label', {}, 'body', body)] : []),
    send,
    output,
    element('dl', {}, ...statuses),
  );
}

document.querySelector('#credential').addEventListener('submit', (event) => event.preventDefault());
document.querySelector('#about').textContent = `${api.info.summary} ${api.info.description}`;
const operations = Object.entries(api.paths).flatMap(([path, item]) =>
  METHODS.filter((name) => name in item).map((name) => [path, name, item[name]]),
);
document
  .querySelector('#operations')
  .append(
    ...api.tags.flatMap((tag) => [
      element('h2', {}, tag.name),
      element('p', {}, tag.description),
      ...operations.filter(([, , { tags }]) => tags.includes(tag.name)).map((one) => shown(...one)),
    ]),
  );
