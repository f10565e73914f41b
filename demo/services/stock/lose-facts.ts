import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { publication } from '../../layout.ts';
import { seededRandom } from '../../story/random.ts';
import { inTransaction } from '../process/database.ts';
import { drawOrder, readSkus } from './feed-traffic.ts';
import { ImpossibleFact, recordFacts } from './record-facts.ts';

/**
 * Records facts whose outbox rows nobody carries: the outbox is taken out of the publication and put back within their
 * transaction. PostgreSQL decodes a row by the publication as it stood when the row was written, so Debezium is never
 * told of these, and of everybody else's as always.
 * @returns their event ids
 */
export async function loseFacts(pool: pg.Pool, count: number): Promise<readonly string[]> {
  const random = seededRandom(randomUUID());
  const skus = await readSkus(pool);
  if (skus.length === 0) throw new Error('there is no stock yet: the demo has not been set up');
  const lost: string[] = [];
  while (lost.length < count) {
    const fact = await drawOrder(pool, random, random.pick(skus));
    try {
      await inTransaction(pool, async (client) => {
        await client.query(`alter publication ${publication} drop table outbox`);
        await recordFacts(client, [fact]);
        await client.query(`alter publication ${publication} add table outbox`);
      });
      lost.push(fact.eventId);
    } catch (error) {
      // Somebody else's order came first: the next one may fit.
      if (!(error instanceof ImpossibleFact)) throw error;
    }
  }
  return lost;
}
