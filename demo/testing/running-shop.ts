/**
 * The shop of the demo in a test's own database and topics: its stock service, its three projectors, and somebody who
 * carries its outbox to the topic, as Debezium does in the demo.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Partitioners } from 'kafkajs';
import { headers, layoutOf, projectorNames } from '../layout.ts';
import { inTransaction } from '../services/process/database.ts';
import { serve } from '../services/process/serve.ts';
import { consume } from '../services/projector/consume.ts';
import { profiles } from '../services/projector/profiles.ts';
import { answerCorrection } from '../services/stock/answer-corrections.ts';
import { recordFacts } from '../services/stock/record-facts.ts';
import { recreateTopics, topicsOf, withAdmin } from '../setup/topics.ts';
import type { StockFact } from '../story/stock-facts.ts';
import { promotionTables } from './promotions.ts';
import type { ReplayWorld } from './replay-world.ts';
import { silent } from './scratch.ts';

export const correctionsToken = 'a-token-of-the-shop';

export type RunningShop = Awaited<ReturnType<typeof openShop>>;

export async function openShop(world: ReplayWorld, brokers: string) {
  const { pool, kafka } = world;
  const layout = layoutOf(`_t${randomUUID().slice(0, 8)}`);
  await pool.query(await readFile(new URL('../schema/shop.sql', import.meta.url), 'utf8'));
  await pool.query(promotionTables);
  await recreateTopics(brokers, layout);
  const ended = new AbortController();
  const answer = (asked: Parameters<typeof answerCorrection>[2]) =>
    answerCorrection(pool, correctionsToken, asked);
  const service = await serve({ service: 'stock', pool, log: silent, answer });
  const common = { kafka, pool, topic: layout.topic, groupSuffix: layout.groupSuffix, log: silent };
  const running = [
    carry(world, layout.topic, ended.signal),
    ...projectorNames.map((name) =>
      consume({ ...common, profile: profiles[name], checksIds: true, stopped: ended.signal, drain: null }),
    ),
  ];
  for (const each of running) each.catch(() => undefined);
  return {
    topic: layout.topic,
    groupSuffix: layout.groupSuffix,
    correctionsUrl: `${service.url}/corrections`,
    /** Books facts as the stock service does, in one transaction. */
    record: (facts: readonly StockFact[]) => inTransaction(pool, (client) => recordFacts(client, facts)),
    /** What each of the derived states holds, by SKU. */
    async quantities(): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
      const read = projectorNames.map(async (name) => {
        const { rows } = await pool.query<{ sku: string; quantity: number }>(
          `SELECT sku, quantity FROM ${name}_state ORDER BY sku`,
        );
        return [name, Object.fromEntries(rows.map(({ sku, quantity }) => [sku, quantity]))] as const;
      });
      return Object.fromEntries(await Promise.all(read));
    },
    async close() {
      ended.abort();
      await Promise.allSettled(running);
      await service.close();
      await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: topicsOf(layout) }));
    },
  };
}

/** Rows of the outbox in their order, each once. */
async function carry({ kafka, pool }: ReplayWorld, topic: string, stopped: AbortSignal): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  let last = '0';
  while (!stopped.aborted) {
    const { rows } = await pool.query<Record<string, string>>(
      `SELECT publication::text AS at, event_id::text, aggregateid, event_type, event_version::text, sequence::text,
         payload::text, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS occurred
       FROM outbox WHERE publication > $1 ORDER BY publication LIMIT 500`,
      [last],
    );
    const messages = rows.map((row) => ({
      key: row.aggregateid ?? '',
      value: row.payload ?? '',
      headers: {
        id: row.event_id ?? '',
        [headers.type]: row.event_type ?? '',
        [headers.version]: row.event_version ?? '',
        [headers.sequence]: row.sequence ?? '',
        [headers.occurredAt]: row.occurred ?? '',
      },
    }));
    if (messages.length > 0) await producer.send({ topic, messages });
    last = rows.at(-1)?.at ?? last;
    await pause(100, undefined, { signal: stopped }).catch(() => undefined);
  }
  await producer.disconnect();
}
