import type { ProfileTable } from '../data/profile-table.ts';
import { acceptFaultRules } from '../faults/fault-rule.ts';
import { isRecord } from '../knobs/structured-values.ts';
import type { SimulatedApi } from '../simulated-api.ts';

/** A call to the control port that cannot be carried out. */
export class ControlRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Carries out a call and returns (a promise of) the JSON to answer with. */
type Act = (api: SimulatedApi, body: unknown) => unknown;

export const controlRoutes: Readonly<Record<string, Readonly<Record<string, Act>>>> = {
  '/healthz': { GET: () => ({ status: 'ok' }) },
  '/knobs': {
    GET: (api) => api.knobs.values,
    async PATCH(api, body) {
      await api.knobs.patch(requireObject(body));
      return api.knobs.values;
    },
    async DELETE(api) {
      await api.knobs.restore();
      return api.knobs.values;
    },
  },
  '/faults': {
    async POST(api, body) {
      // One rule may come without its list.
      await api.knobs.appendFaults(acceptFaultRules(Array.isArray(body) ? body : [body]));
      return { faults: api.knobs.values.faults };
    },
    async DELETE(api) {
      await api.knobs.patch({ faults: [] });
      return { faults: [] };
    },
  },
  '/rebuild': {
    POST(api, body) {
      const table = requireTable(api, body, ['tenant', 'index']);
      api.rebuilds.start(table);
      return stateOf(table);
    },
  },
  '/touch': {
    POST(api, body) {
      const table = requireTable(api, body, ['tenant', 'index']);
      table.touch();
      return stateOf(table);
    },
  },
  '/erase': {
    POST(api, body) {
      const table = requireTable(api, body, ['tenant', 'index', 'id']);
      const { id } = requireObject(body);
      if (typeof id !== 'string') throw new ControlRefusal(400, '"id" must name the profile to erase');
      if (!table.erase(id)) {
        throw new ControlRefusal(404, `there is no profile ${JSON.stringify(id)} in ${table.id}`);
      }
      return stateOf(table);
    },
  },
  '/tokens/revoke': {
    POST(api, body) {
      const { token } = requireObject(body ?? {}, ['token']);
      if (token !== undefined && typeof token !== 'string') {
        throw new ControlRefusal(400, '"token" must be a token or its label, such as tok-3');
      }
      return { revoked: api.vault.revoke(token) };
    },
  },
  '/reset': {
    POST(api) {
      api.reset();
      return { status: 'ok' };
    },
  },
  '/journal': {
    DELETE(api) {
      api.journal.clear();
      return { status: 'ok' };
    },
  },
  '/journal/summary': { GET: (api) => api.journal.summary() },
};

function requireObject(body: unknown, members?: readonly string[]): Record<string, unknown> {
  if (!isRecord(body)) throw new ControlRefusal(400, 'the body must be a JSON object');
  const unknown = members && Object.keys(body).find((name) => !members.includes(name));
  if (unknown !== undefined) {
    throw new ControlRefusal(400, `"${unknown}" is not known here; known are ${members?.join(', ')}`);
  }
  return body;
}

function requireTable(api: SimulatedApi, body: unknown, members: readonly string[]): ProfileTable {
  const { tenant, index } = requireObject(body, members);
  const table =
    typeof tenant === 'string' && typeof index === 'string' ? api.catalogue.find(tenant, index) : undefined;
  if (!table) {
    throw new ControlRefusal(400, '"tenant" and "index" must name an index, such as acme and idx-loyalty');
  }
  return table;
}

function stateOf(table: ProfileTable) {
  return { index: table.id, generation: table.generation, state: table.state, updated_at: table.updatedAt };
}
