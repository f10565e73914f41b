import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import type { KafkaSettings } from './settings.ts';

/** The client that writes; the one that reads is another. `purpose` is seen by who runs the broker. */
export function openWriting({ brokers, clientId, tls, sasl }: KafkaSettings, purpose: string): Kafka {
  const { ca, ...own } = tls === false ? { ca: undefined } : tls;
  return new Kafka({
    brokers: [...brokers],
    clientId: `${clientId}-${purpose}`,
    // What goes wrong is thrown, and told with its place.
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    ...(tls === false ? {} : { ssl: { ...own, ...(ca === undefined ? {} : { ca: [ca] }) } }),
    ...(sasl === null ? {} : { sasl: sasl as SASLOptions }),
  });
}
