import type { Transaction } from '../../application/ports/unit-of-work.ts';

let opened = 0;

/** A query's rows in batches, through a cursor of the transaction: memory is bounded by a batch. */
export async function* cursorRows<Row>(
  tx: Transaction,
  text: string,
  values: readonly unknown[],
  batchRows: number,
): AsyncGenerator<readonly Row[]> {
  opened += 1;
  const name = `reprise_rows_${opened}`;
  await tx.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${text}`, values);
  try {
    for (;;) {
      const rows = await tx.query<Row>(`FETCH ${batchRows} FROM ${name}`);
      if (rows.length === 0) return;
      yield rows;
    }
  } finally {
    // A transaction that has failed closes its cursors by itself, and its own error is the one to see.
    await tx.query(`CLOSE ${name}`).catch(() => undefined);
  }
}
