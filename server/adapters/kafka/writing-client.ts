import type { Producer, ProducerConfig, SASLOptions } from 'kafkajs';
import type { KafkaSettings } from './settings.ts';

/**
 * A producer of the client that writes; the one that reads is another. `purpose` is seen by who runs the broker. Loaded
 * when something is written, which most threads never do.
 */
export async function openProducer(
  { brokers, clientId, tls, sasl }: KafkaSettings,
  purpose: string,
  config: Omit<ProducerConfig, 'createPartitioner' | 'allowAutoTopicCreation'>,
): Promise<Producer> {
  const { Kafka, logLevel, Partitioners } = await import('kafkajs');
  const { ca, ...own } = tls === false ? { ca: undefined } : tls;
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: `${clientId}-${purpose}`,
    // What goes wrong is thrown, and told with its place.
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    ...(tls === false ? {} : { ssl: { ...own, ...(ca === undefined ? {} : { ca: [ca] }) } }),
    ...(sasl === null ? {} : { sasl: sasl as SASLOptions }),
  });
  return kafka.producer({
    ...config,
    // One that is gone would be made anew with the broker's own settings, and taken for the one before.
    allowAutoTopicCreation: false,
    // Named also where every record names its partition: kafkajs warns of a default that has changed.
    createPartitioner: Partitioners.DefaultPartitioner,
  });
}
