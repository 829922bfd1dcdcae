import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { environmentVariables } from '../../src/config/environment.ts';
import { adminDocument } from '../../src/http/openapi/admin-document.ts';
import { publicDocument } from '../../src/http/openapi/public-document.ts';

/** What a gateway with the default settings serves. */
const apiVersion = environmentVariables.AMPERITY_API_VERSION.parse(undefined);
const documents = {
  'docs/openapi.json': publicDocument({ apiVersion, hasExports: true }),
  'docs/openapi-admin.json': adminDocument(apiVersion),
};

const isCheck = process.argv.includes('--check');
for (const [name, document] of Object.entries(documents)) {
  const path = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (!isCheck) writeFileSync(path, text);
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    process.stderr.write(`${name} does not say what the listener answers; run: npm run fix\n`);
    process.exitCode = 1;
  }
}
