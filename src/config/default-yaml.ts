import { stringify } from 'yaml';
import { settingsSchema } from './schema.ts';

const exampleTeam = `teams: # required; an example
  web:
    weight: 2
    keys: # npm run cli -- keys create --team web
      - id: 3f9k2mZr0a
        sha256: 5f0f6a1c1d0e7b9a4c2d8e3f6b7a9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b
        notAfter: 2027-06-01T00:00:00Z
    indexes: ['*']
    attributes: '*' # or { ix-customers: { allow: [first_name], mask: [email] } }
    filters: '*'
    withTotal: true
    maxLimit: 1000
    profilesPerDay: 50000
`;

/** A complete gateway.yaml in which every value is the default. */
export function defaultYaml(): string {
  const { auth, budget, cors, http, ...rest } = settingsSchema.parse({});
  const yaml = (value: object) => stringify(value, { lineWidth: 0 });
  return [
    '# name: <AMPERITY_TENANT>\n',
    yaml({ auth }),
    yaml({ budget }).replace('\n', '\n  # name: <name>\n'),
    yaml(rest),
    yaml({ cors, http }),
    '  # problemDocsUrl: https://docs.example/problems\n',
    exampleTeam,
  ].join('');
}
