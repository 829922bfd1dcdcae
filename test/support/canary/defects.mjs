// For the gateway under test, by `node --import`: defects of a kind that nobody foresaw, at moments a test can choose.
// Whatever the gateway is about to do with a page that holds one of these words goes wrong, and the error says the page.
import crypto from 'node:crypto';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import zlib from 'node:zlib';

const textOf = (data) => (Buffer.isBuffer(data) || typeof data === 'string' ? data.toString('utf8') : '');

/** As bad as errors get: the page in the message, in members, in the cause, and in lines that look like frames. */
function defect(text, Kind = Error) {
  const error = new Kind(`cannot handle ${text}\n    at ${text} (file:///page:1:1)\n    at last`, {
    cause: new Error(text),
  });
  return Object.assign(error, { page: text, config: { headers: { 'x-page': text } }, toString: () => text });
}

/** What has become of an error that was given another message on its way, after somebody had looked at its stack. */
function reworded(text, message) {
  const error = defect(text);
  if (error.stack !== '') error.message = message;
  return error;
}

const NOW = {
  'Defect-thrown': defect,
  'Defect-reworded': (text) => reworded(text, 'failed'),
  'Defect-emptied': (text) => reworded(text, ''),
  'Defect-of-a-kind': (text) => defect(text, TypeError),
  'Defect-text': (text) => text,
};

const end = http.ServerResponse.prototype.end;
http.ServerResponse.prototype.end = function (chunk, ...rest) {
  const text = textOf(chunk);
  for (const [word, make] of Object.entries(NOW)) {
    if (text.includes(word)) throw make(text);
  }
  if (text.includes('Defect-uncaught')) {
    setImmediate(() => {
      throw defect(text);
    });
  }
  if (text.includes('Defect-rejected')) Promise.reject(defect(text));
  return end.call(this, chunk, ...rest);
};

// On the way to the store, where no request is.
const compress = zlib.brotliCompressSync;
zlib.brotliCompressSync = (data, options) => {
  const text = textOf(data);
  if (text.includes('Defect-storing')) throw defect(text);
  return compress(data, options);
};

// On the way to a name for the question, and for whoever is on the page.
const update = crypto.Hmac.prototype.update;
crypto.Hmac.prototype.update = function (data, ...rest) {
  const text = textOf(data);
  if (text.includes('Defect-hashing')) throw defect(text);
  return update.call(this, data, ...rest);
};
syncBuiltinESMExports();
