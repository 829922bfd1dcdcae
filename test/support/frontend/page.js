/* What frontends do with the gateway. Everything resolves with what the page itself can read. */

/** With fetch. */
globalThis.viaFetch = async (url, init) => {
  try {
    const answer = await fetch(url, init);
    return {
      status: answer.status,
      type: answer.type,
      headers: Object.fromEntries(answer.headers),
      body: await answer.text(),
    };
  } catch (error) {
    return { failed: `${error.name}: ${error.message}` };
  }
};

/** With axios as it comes, which rejects whatever is no 2xx. */
globalThis.viaAxios = async (config) => {
  const readable = ({ status, headers, data, request }) => ({
    status,
    headers: { ...headers },
    body: request.responseText,
    data,
  });
  try {
    return readable(await globalThis.axios.request(config));
  } catch (error) {
    if (error.response === undefined) return { failed: `${error.name}: ${error.message}` };
    return { ...readable(error.response), rejected: `${error.name}: ${error.message}` };
  }
};

/** As an element such as `img`; resolves with the event that ended it. */
globalThis.embed = (tag, url) =>
  new Promise((resolve) => {
    const element = document.createElement(tag);
    element.onload = () => resolve('load');
    element.onerror = () => resolve('error');
    element.src = url;
    document.body.append(element);
  });

/** With fetch from a frame without an origin. */
globalThis.fromSandbox = (url, init) =>
  new Promise((resolve) => {
    addEventListener('message', ({ data }) => resolve(data), { once: true });
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts';
    const ask = `viaFetch(${JSON.stringify(url)}, ${JSON.stringify(init)})`;
    frame.srcdoc = `<script src="${location.origin}/page.js"></script>
      <script>${ask}.then((read) => parent.postMessage({ ...read, origin: self.origin }, '*'))</script>`;
    document.body.append(frame);
  });
