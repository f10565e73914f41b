import type { ClientBase } from 'pg';
import type { ReadinessCheck } from '../../application/ports/history.ts';
import type { EngineContract, Selector } from '../../domain/contract/index.ts';
import type { HistoryRecord } from '../../domain/replay/index.ts';
import { passed } from '../checks.ts';
import { copyRows } from './copy-rows.ts';
import type { Layout } from './layout.ts';
import { rowDecoder } from './row-decoder.ts';

const SAMPLE = 100;

/** Reads the oldest and the newest rows as a replay would, up to the point where F would be called. */
export async function checkSamples(
  client: ClientBase,
  layout: Layout,
  contract: EngineContract,
): Promise<ReadinessCheck[]> {
  const { position } = layout.sql;
  const oldest = await copyRows(client, layout, 'true', position, SAMPLE);
  const newest = await copyRows(client, layout, 'true', `${position} DESC`, SAMPLE);
  const records = new Map([...oldest.rows, ...newest.rows].map((row) => [row.record.offset, row.record]));
  const withoutKey = [...records.values()].filter((record) => record.key === null);
  const problems = [...records.values()].flatMap((record) => {
    const problem = problemOf(record, contract);
    return problem === null ? [] : [`position ${record.offset}: ${problem}`];
  });
  const of = `of ${records.size} sampled rows`;
  return [
    withoutKey.length === 0
      ? passed('Every row has an ordering key', `None ${of} is without.`)
      : {
          name: 'Every row has an ordering key',
          outcome: 'failed',
          found: `${withoutKey.length} ${of} have none, the first at position ${withoutKey[0]?.offset}.`,
          consequence: 'They are quarantined, and the replay untrusted.',
          remedy: `ALTER TABLE ${layout.history.table} ALTER COLUMN ${layout.history.key} SET NOT NULL;`,
        },
    problems.length === 0
      ? passed('Sampled rows can be read', `All ${records.size}, the oldest and the newest.`)
      : {
          name: 'Sampled rows can be read',
          outcome: 'failed',
          found: `${problems.length} ${of} can't: ${problems.slice(0, 3).join('; ')}.`,
          consequence: 'They are quarantined, and the replay untrusted.',
          remedy: 'Correct the envelope, or add the event type or version to the contract.',
        },
  ];
}

/** Why a record would be quarantined; null where it would not. Says nothing of the payload. */
function problemOf(record: HistoryRecord, contract: EngineContract): string | null {
  const { envelope } = contract;
  let row: unknown;
  try {
    row = rowDecoder.decode(record);
  } catch (error) {
    return error instanceof Error ? error.message : 'it is not JSON';
  }
  const id = select(envelope.id, row, record);
  if (id === null || id === undefined || id === '') return 'no idempotency key';
  const type = select(envelope.type, row, record);
  if (typeof type !== 'string') return 'no event type';
  if (contract.ignored.includes(type)) return null;
  const known = Object.hasOwn(contract.events, type) ? contract.events[type] : undefined;
  if (known === undefined) return `unknown event type ${type}`;
  const version = Number(select(envelope.version, row, record));
  const schema = known.versions.find((v) => v.version === version)?.schema;
  if (schema === undefined) return `unknown version ${version} of ${type}`;
  // Encrypted fields are what they are only once decrypted, so their events are not held against the schema here.
  if (contract.erasure !== null) return null;
  const parsed = schema.safeParse(select(envelope.data, row, record));
  return parsed.success ? null : `data of ${type} v${version} does not fit its schema`;
}

function select(selector: Selector, row: unknown, record: HistoryRecord): unknown {
  switch (selector.from) {
    case 'key':
      return record.key === null ? null : new TextDecoder().decode(record.key);
    case 'header':
      return null;
    case 'constant':
      return selector.value;
    case 'column':
      return field(row, selector.name);
    case 'value':
      return selector.path === '' ? row : selector.path.split('.').reduce(field, row);
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
