import { readStatus } from '../../demo/commands/status.ts';
import { readDemoFile } from '../../demo/setup/demo-file.ts';
import { withClient } from '../../demo/setup/roles.ts';
import { stateFolder } from '../actions/traffic.ts';

export type Books = { readonly onHand: number; readonly movements: number };

/** What the shop's service has booked of a SKU: the figures that Reprise neither folds nor writes. */
export async function booksOf(sku: string): Promise<Books> {
  return withClient(await shopUrl(), async (client) => {
    const { rows } = await client.query<Books>(
      `select on_hand as "onHand", (select count(*) from stock_movements as m where m.sku = s.sku)::integer as movements
       from stock as s where sku = $1`,
      [sku],
    );
    const [books] = rows;
    if (books === undefined) throw new Error(`the shop has no ${sku}`);
    return books;
  });
}

/** How many of the shop's facts are not in every read model yet. */
export async function factsUnderWay(): Promise<number> {
  const [published, status] = await Promise.all([
    withClient(await shopUrl(), async (client) => {
      const { rows } = await client.query<{ rows: number }>('select count(*)::integer as rows from outbox');
      return rows[0]?.rows ?? 0;
    }),
    readStatus(await readDemoFile(stateFolder())),
  ]);
  const { shop } = status;
  if (shop === null) throw new Error('the demo runs without its shop');
  const slowest = Math.max(...shop.projectors.map(({ behind }) => behind));
  return Math.max(0, published - shop.records) + slowest;
}

async function shopUrl(): Promise<string> {
  const { shopUrl: url } = await readDemoFile(stateFolder());
  if (url === null) throw new Error('the demo runs without its shop');
  return url;
}
