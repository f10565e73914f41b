/** The balances read model: it follows the event table and keeps its cursor in the same transaction. */
import type pg from 'pg';

export const projector = 'balances';

type EventRow = {
  transaction_id: string;
  position: string;
  account: string;
  type: string;
  data: { amountCents?: number; feeCents?: number; from?: string; to?: string };
};

type Balance = { cents: number; status: string };

const batchSize = 500;

/**
 * Applies the next rows that are final: those whose transaction is older than every running one. A cursor on the
 * position alone would pass over rows that commit late.
 * @returns how many were applied; 0 also while the projector is stalled
 */
export async function projectNext(client: pg.ClientBase): Promise<number> {
  const { rowCount } = await client.query('select from projector_control where projector = $1 and stalled', [
    projector,
  ]);
  if (rowCount === 1) return 0;
  const cursor = await lockCursor(client);
  const { rows } = await client.query<EventRow>(
    // The order names the table's columns: a bare name would mean the text beside it, where 1000 comes before 999.
    `select transaction_id::text, position::text, account, type, data from account_events as e
     where (e.transaction_id, e.position) > ($1::xid8, $2::bigint)
       and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
     order by e.transaction_id, e.position limit ${batchSize}`,
    [cursor.transactionId, cursor.position],
  );
  const last = rows.at(-1);
  if (last === undefined) return 0;
  await writeBalances(client, await foldRows(client, rows));
  await client.query(
    'update applied_cursor set transaction_id = $2::xid8, position = $3 where projector = $1',
    [projector, last.transaction_id, last.position],
  );
  return rows.length;
}

/** Whether any row, final or not, stands after the cursor. */
export async function isBehind(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ behind: boolean }>(
    `select exists (
       select from account_events as e
       left join applied_cursor as c on c.projector = $1
       where c.projector is null or (e.transaction_id, e.position) > (c.transaction_id, c.position)
     ) as behind`,
    [projector],
  );
  return rows[0]?.behind ?? true;
}

async function lockCursor(client: pg.ClientBase): Promise<{ transactionId: string; position: string }> {
  await client.query(
    `insert into applied_cursor (projector, transaction_id, position) values ($1, '0', 0) on conflict do nothing`,
    [projector],
  );
  const { rows } = await client.query<{ transaction_id: string; position: string }>(
    'select transaction_id::text, position::text from applied_cursor where projector = $1 for update',
    [projector],
  );
  return { transactionId: rows[0]?.transaction_id ?? '0', position: rows[0]?.position ?? '0' };
}

async function foldRows(client: pg.ClientBase, rows: readonly EventRow[]): Promise<Map<string, Balance>> {
  const touched = new Set(rows.flatMap((row) => accountsOf(row)));
  const found = await client.query<{ account: string; balance_cents: number; status: string }>(
    'select account, balance_cents, status from account_balances where account = any($1) order by account for update',
    [[...touched]],
  );
  const balances = new Map<string, Balance>(
    found.rows.map((row) => [row.account, { cents: row.balance_cents, status: row.status }]),
  );
  const change = (account: string, by: number, status?: string) => {
    const before = balances.get(account) ?? { cents: 0, status: 'unknown' };
    balances.set(account, { cents: before.cents + by, status: status ?? before.status });
  };
  for (const row of rows) apply(row, change);
  return balances;
}

function accountsOf({ account, data }: EventRow): string[] {
  return data.to === undefined ? [account] : [account, data.to];
}

function apply(row: EventRow, change: (account: string, by: number, status?: string) => void): void {
  const { amountCents = 0, feeCents = 0, to } = row.data;
  switch (row.type) {
    case 'AccountOpened':
      change(row.account, 0, 'open');
      return;
    case 'MoneyDeposited':
      change(row.account, amountCents);
      return;
    case 'MoneyWithdrawn':
      change(row.account, -amountCents - feeCents);
      return;
    case 'MoneyTransferred':
      change(row.account, -amountCents);
      if (to !== undefined) change(to, amountCents);
      return;
    default:
      throw new Error(`account_events holds ${row.type}, which this projector does not know`);
  }
}

async function writeBalances(client: pg.ClientBase, balances: ReadonlyMap<string, Balance>): Promise<void> {
  const rows = [...balances];
  await client.query(
    `insert into account_balances (account, balance_cents, status)
     select * from unnest($1::text[], $2::integer[], $3::text[])
     on conflict (account) do update set balance_cents = excluded.balance_cents, status = excluded.status`,
    [rows.map(([account]) => account), rows.map(([, b]) => b.cents), rows.map(([, b]) => b.status)],
  );
}
