import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { headers } from '../layout.ts';
import { withClient } from '../setup/roles.ts';
import type { ShopAddress } from './addresses.ts';

/**
 * Puts a record on the topic whose value is cut off in the middle, past the outbox, as a faulty producer would.
 * @returns where it stands
 */
export async function poison(shop: ShopAddress): Promise<{ partition: number; offset: string; sku: string }> {
  const sku = await anySku(shop.url);
  const kafka = new Kafka({
    clientId: 'demo-poison',
    brokers: shop.kafkaBrokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  try {
    const [written] = await producer.send({
      topic: shop.topic,
      acks: -1,
      messages: [
        {
          key: sku,
          value: '{"quantity": 1',
          headers: {
            [headers.id]: randomUUID(),
            [headers.type]: 'StockReceived',
            [headers.version]: '1',
            [headers.occurredAt]: new Date().toISOString(),
          },
        },
      ],
    });
    if (written?.baseOffset === undefined) throw new Error('the broker did not say where the record stands');
    return { partition: written.partition, offset: written.baseOffset, sku };
  } finally {
    await producer.disconnect();
  }
}

async function anySku(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ sku: string }>('select sku from stock order by random() limit 1');
    const sku = rows[0]?.sku;
    if (sku === undefined) throw new Error('there is no stock yet: the demo has not been set up');
    return sku;
  });
}
