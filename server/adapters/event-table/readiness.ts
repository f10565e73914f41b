/** Live checks of an event table against what a replay needs of it. */
import type { ClientBase } from 'pg';
import type { ReadinessCheck } from '../../application/ports/history.ts';
import type { EngineContract, PostgresHistory } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { checkReadOnlyRole, passed } from '../checks.ts';
import type { Connections } from '../connections.ts';
import { remedyForForeign } from './finality.ts';
import { hasUniquePosition, type Layout, ROW, readLayout } from './layout.ts';
import { checkSamples } from './samples.ts';
import { currentBound, inSnapshot } from './snapshot.ts';

/** Runs every check; one that could not run says so and hides no other. */
export async function checkReadiness(
  contract: EngineContract,
  history: PostgresHistory,
  connect: Connections,
): Promise<readonly ReadinessCheck[]> {
  try {
    return await inSnapshot(connect, history, async (client) => {
      const layout = await readLayout(client, history);
      return [
        passed(
          NAMES.readable,
          `${layout.identity.replace(/:\d+$/, '')} with ${layout.columns.length} columns.`,
        ),
        checkTransactionId(layout),
        checkPosition(layout),
        checkIdempotencyKey(contract, layout),
        await checkReadOnlyRole(client, NAMES.role, [history.table], OPEN_TO_CHANGE),
        ...(await checkFinality(client, layout)),
        ...(await checkSamples(client, layout, contract)),
      ];
    });
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    return [
      {
        name: NAMES.readable,
        outcome: 'failed',
        found: error.message,
        consequence: 'No replay of this contract can be planned.',
        remedy: 'Correct what was found, then check again.',
      },
    ];
  }
}

const NAMES = {
  readable: 'The event table can be read',
  transactionId: 'Every row carries the id of its transaction',
  position: 'Positions are unique and indexed',
  idempotencyKey: 'The idempotency key is present and unique',
  role: 'The role can only read the history',
  final: 'Rows become final soon after they are written',
  cluster: 'Transaction ids are of this server',
} as const;

const OPEN_TO_CHANGE =
  'Nothing but Reprise itself keeps the history from being changed over this connection.';

function checkTransactionId({ history, columns }: Layout): ReadinessCheck {
  const column = columns.find((c) => c.name === history.transactionId);
  const table = `ALTER TABLE ${history.table} ALTER COLUMN ${history.transactionId}`;
  const name = NAMES.transactionId;
  const found = `${history.transactionId} is xid8 NOT NULL, default ${column?.fallback ?? 'none'}.`;
  if (!/^(pg_catalog\.)?pg_current_xact_id\(\)$/.test(column?.fallback ?? '')) {
    return {
      name,
      outcome: 'warning',
      found,
      consequence: 'A writer that fills it in differently can make a row look final before it is.',
      remedy: `${table} SET DEFAULT pg_current_xact_id();`,
    };
  }
  return passed(name, found);
}

function checkPosition(layout: Layout): ReadinessCheck {
  const { history } = layout;
  const name = NAMES.position;
  const remedy = `CREATE UNIQUE INDEX CONCURRENTLY ON ${history.table} (${history.position});`;
  const leads = layout.indexes.some((i) => !i.partial && i.columns[0] === history.position);
  if (hasUniquePosition(layout)) return passed(name, `A unique index on ${history.position}.`);
  if (leads) {
    return {
      name,
      outcome: 'warning',
      found: `${history.position} is indexed, but not as unique.`,
      consequence: 'Each replay first searches its range for a position that stands twice.',
      remedy,
    };
  }
  return {
    name,
    outcome: 'warning',
    found: `No index begins with ${history.position}.`,
    consequence: 'Each batch of a replay sorts the whole table.',
    remedy,
  };
}

function checkIdempotencyKey(contract: EngineContract, layout: Layout): ReadinessCheck {
  const name = NAMES.idempotencyKey;
  const { id } = contract.envelope;
  const named = id.from === 'column' ? id.name : id.from === 'value' ? id.path : null;
  const column = layout.columns.find((c) => c.name === named);
  if (column === undefined) {
    return passed(name, 'It is no column of the table; its presence is checked on sampled rows.');
  }
  const unique = layout.indexes.some((i) => i.unique && !i.partial && i.columns.join() === column.name);
  if (column.notNull && unique) return passed(name, `${column.name} is NOT NULL with a unique index.`);
  const lacks = [column.notNull ? null : 'NOT NULL', unique ? null : 'a unique index'].filter(
    (x) => x !== null,
  );
  return {
    name,
    outcome: 'warning',
    found: `${column.name} has not ${lacks.join(' nor ')}.`,
    consequence: column.notNull
      ? 'The table takes the same event twice; a replay finds and counts duplicates, a projector may not.'
      : 'An event without idempotency key is quarantined, and the replay untrusted.',
    remedy: column.notNull
      ? `CREATE UNIQUE INDEX CONCURRENTLY ON ${layout.history.table} (${column.name});`
      : `ALTER TABLE ${layout.history.table} ALTER COLUMN ${column.name} SET NOT NULL;`,
  };
}

const OLDEST = `
  SELECT pg_catalog.max(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - xact_start))::int AS seconds
    FROM pg_catalog.pg_stat_activity WHERE backend_xid IS NOT NULL OR backend_xmin IS NOT NULL`;

/** How much is not final yet; and ids that this server has not given out, as after a restore from a dump. */
async function checkFinality(client: ClientBase, layout: Layout): Promise<ReadinessCheck[]> {
  const { table, position, transactionId } = layout.sql;
  const bound = await currentBound(client);
  const { rows } = await client.query<{ waiting: number; foreign: number }>(
    `SELECT pg_catalog.count(*) FILTER (WHERE id >= '${bound}'::xid8)::int AS waiting,
            pg_catalog.count(*) FILTER (WHERE id >= pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()))::int AS foreign
       FROM (SELECT ${transactionId} AS id FROM ${table} AS ${ROW} ORDER BY ${position} DESC LIMIT 10000) AS newest`,
  );
  const waiting = rows[0]?.waiting ?? 0;
  const foreign = rows[0]?.foreign ?? 0;
  const seconds = (await client.query<{ seconds: number | null }>(OLDEST)).rows[0]?.seconds ?? 0;
  const cluster: ReadinessCheck =
    foreign === 0
      ? passed(NAMES.cluster, 'No row of the newest 10,000 has an id that this server has not given out.')
      : {
          name: NAMES.cluster,
          outcome: 'failed',
          found: `${foreign} of the newest 10,000 rows have an id that this server has not given out.`,
          consequence: 'They were restored from another server, and no replay reads past them.',
          remedy: remedyForForeign(layout.history.transactionId),
        };
  const found = `${waiting} of the newest 10,000 rows are not final; the oldest transaction seen runs for ${seconds} s.`;
  const final: ReadinessCheck =
    seconds < 300
      ? passed(NAMES.final, found)
      : {
          name: NAMES.final,
          outcome: 'warning',
          found,
          consequence: 'A replay sees nothing that was written since that transaction began.',
          remedy: 'End it, and set idle_in_transaction_session_timeout on the server.',
        };
  return [final, cluster];
}
