import type { ClientBase } from 'pg';
import type { ReadinessCheck } from '../../application/ports/history.ts';
import type { EngineContract } from '../../domain/contract/index.ts';
import { EventReader } from '../../domain/replay/index.ts';
import { callBounded } from '../bounded-call.ts';
import { passed } from '../checks.ts';
import { copyRows } from './copy-rows.ts';
import type { Layout } from './layout.ts';
import { rowDecoder } from './row-decoder.ts';

/** Rows at each end of the table. */
const SAMPLE = 100;
/** What the contract's schemas and upcasters may take for all of them. */
const SAMPLE_MS = 2_000;

/** Reads the oldest and the newest rows as a fold would, up to the point where F would be called. */
export async function checkSamples(
  client: ClientBase,
  layout: Layout,
  contract: EngineContract,
): Promise<ReadinessCheck[]> {
  const { history, sql } = layout;
  const oldest = await copyRows(client, layout, 'true', sql.position, SAMPLE);
  const newest = await copyRows(client, layout, 'true', `${sql.position} DESC`, SAMPLE);
  const records = new Map([...oldest.rows, ...newest.rows].map((row) => [row.record.offset, row.record]));
  // Without the keys of subjects encrypted fields stay as they are, and are no reason to fail a schema.
  const reader = new EventReader({
    contract: { ...contract, erasure: null },
    decode: rowDecoder.decode,
    keys: null,
    subjects: null,
  });
  const withoutKey: number[] = [];
  const unread: string[] = [];
  callBounded('reading a sample of the table', SAMPLE_MS, () => {
    for (const record of records.values()) {
      if (reader.read(record) !== 'quarantined') continue;
      const isUnfit = reader.reason === 'invalid-data' || reader.reason === 'upcast-failed';
      if (reader.reason === 'no-key') withoutKey.push(record.offset);
      else if (!(isUnfit && contract.erasure !== null))
        unread.push(`position ${record.offset}: ${reader.detail}`);
    }
  });
  const of = `of ${records.size} sampled rows`;
  const consequence = 'They are quarantined, and the replay untrusted.';
  return [
    withoutKey.length === 0
      ? passed('Every row has an ordering key', `None ${of} is without.`)
      : {
          name: 'Every row has an ordering key',
          outcome: 'failed',
          found: `${withoutKey.length} ${of} have none, the first at position ${withoutKey[0]}.`,
          consequence,
          remedy: `ALTER TABLE ${history.table} ALTER COLUMN ${history.key} SET NOT NULL;`,
        },
    unread.length === 0
      ? passed('Sampled rows can be read', `All ${records.size}, the oldest and the newest.`)
      : {
          name: 'Sampled rows can be read',
          outcome: 'failed',
          found: `${unread.length} ${of} can't: ${unread.slice(0, 3).join(' ')}`,
          consequence,
          remedy: 'Correct the envelope, or add the event type or version to the contract.',
        },
  ];
}
