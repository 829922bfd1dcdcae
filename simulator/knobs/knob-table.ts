import type { PlantedRow } from '../data/planted-rows.ts';
import { acceptFaultRules, type FaultRule } from '../faults/fault-rule.ts';
import {
  choice,
  decimal,
  flag,
  headerText,
  integer,
  json,
  type Knob,
  numberChoice,
  optional,
  probability,
} from './knob-kinds.ts';
import { acceptHeaders, acceptLatencyTable, acceptPlantedRows, acceptTextList } from './structured-values.ts';

const DAY_MS = 86_400_000;

/** Every knob, its values and its default. The first word of a choice is the default. */
export const knobTable = {
  'rate.kind': choice('sliding', 'fixed', 'bucket', 'off'),
  'rate.limit': integer(10, 1, 1_000_000),
  'rate.window_ms': integer(1000, 1, DAY_MS),
  'rate.burst': optional(integer(10, 1, 1_000_000)),
  'rate.scope': choice('family', 'tenant', 'endpoint'),
  'rate.position': choice('last', 'first'),
  'rate.count_rejected': flag(false),
  'rate.retry_after': choice('none', 'seconds', 'date', 'garbage'),
  'rate.retry_after_s': integer(1, 0, 86_400),
  'rate.body': choice('json', 'empty', 'text', 'html'),
  'rate.foreign_rps': decimal(0, 0, 100_000),

  'page.last': choice('absent', 'empty', 'null'),
  'page.default_limit': integer(25, 1, 100_000),
  'page.max_limit': integer(1000, 1, 100_000),
  'page.over_max': choice('clamp', '400'),
  'page.bad_limit': choice('400', 'default'),
  'page.short_p': probability(0),
  'page.empty_p': probability(0),
  'page.trailing_empty': flag(false),
  'total.profiles': choice('honoured', 'never', 'zero'),
  'total.indexes': choice('honoured', 'never', 'zero'),

  'cursor.bind': choice('query', 'all', 'none'),
  'cursor.empty': choice('400', 'first_page'),
  'cursor.ttl_ms': integer(0, 0, DAY_MS),
  'cursor.max_uses': integer(0, 0, 1_000_000),
  'cursor.on_dead': choice('400', 'continue'),
  'cursor.on_rebuild': choice('400', 'continue'),
  'cursor.stable': flag(true),
  'cursor.alphabet': choice('base64', 'url'),
  'cursor.loop_p': probability(0),

  'filter.unknown': choice('400', 'ignore', 'empty'),
  'filter.repeat': choice('400', 'last', 'first', 'and'),
  'filter.no_match': choice('empty', '404'),
  'query.unknown': choice('ignore', '400'),
  'query.brackets': choice('both', 'raw', 'encoded'),

  'version.error': choice('400', '401'),
  'tenant.error': choice('403', '401', '400'),
  'tenant.header': choice('plain', 'both'),
  'auth.forbidden': json<readonly string[]>([], acceptTextList),
  'token.ttl_s': integer(3600, 1, 10 * 365 * 86_400),
  'token.revoke_after_s': decimal(0, 0, 10 * 365 * 86_400),
  'token.error': choice('401', '400'),
  'token.latency_ms': integer(0, 0, DAY_MS),
  'error.ids': flag(true),
  'error.extra': flag(false),

  'data.seed': integer(1, 0, 0xffff_ffff),
  'data.rows': integer(10_000, 1, 1_000_000),
  'data.columns': numberChoice(14, 5, 10, 14, 30),
  'data.extra_indexes': integer(0, 0, 5000),
  'data.shape': choice('nested', 'flat'),
  'data.types': choice('strings', 'mixed', 'nulls'),
  'data.exotic': flag(false),
  'data.planted': json<readonly PlantedRow[]>([], acceptPlantedRows),
  'rebuild.every_ms': integer(0, 0, DAY_MS),
  'rebuild.duration_ms': integer(0, 0, DAY_MS),
  'rebuild.delta': probability(0.01),
  'rebuild.during': choice('old', '404', '503'),
  'rebuild.updated_at': choice('moves', 'stays'),
  'rebuild.seam': choice('clean', 'overlap'),

  'http.keepalive_ms': integer(5000, 1, DAY_MS),
  'http.encoding': choice('accepted', 'off', 'gzip'),
  listen: choice('on', 'off'),
  'headers.deprecation': optional(headerText()),
  'headers.sunset': optional(headerText()),
  'headers.extra': json({}, acceptHeaders),

  'latency.preset': choice('seconds', 'off', '1m', '10m', '100m'),
  'latency.total_factor': decimal(3, 0.01, 1000),
  'latency.max_ms': integer(120_000, 1, DAY_MS),
  'latency.table': json(null, acceptLatencyTable),
  'capacity.concurrent': integer(0, 0, 1_000_000),
  'journal.keep': integer(200_000, 1, 2_000_000),
  faults: json<readonly FaultRule[]>([], acceptFaultRules),
} satisfies Record<string, Knob<unknown>>;

export type KnobName = keyof typeof knobTable;
export type KnobValues = {
  readonly [N in KnobName]: (typeof knobTable)[N] extends Knob<infer T> ? T : never;
};

export const knobNames = Object.keys(knobTable) as KnobName[];

export function isKnobName(name: string): name is KnobName {
  return Object.hasOwn(knobTable, name);
}
