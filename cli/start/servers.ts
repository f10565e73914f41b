import type { KafkaAvailability } from '../../demo/infra/kafka.ts';

export type ServersWanted = {
  databaseUrl: string | null;
  kafkaBrokers: string | null;
};

/** What this start has to bring along, and what it must say about that. */
export type ServerPlan = {
  embeddedPostgres: boolean;
  embeddedKafka: boolean;
  demo: 'stock and accounts' | 'accounts' | 'none';
  notes: string[];
};

/**
 * A server that is named is used and nothing is written to it but Reprise's own rows: the demo
 * would create topics, databases and faults there, so it stays away from anything of the user's.
 */
export function planServers(wanted: ServersWanted, kafka: () => KafkaAvailability): ServerPlan {
  const ownDatabase = wanted.databaseUrl !== null;
  const ownKafka = wanted.kafkaBrokers !== null;
  if (ownDatabase && ownKafka) {
    return plan(false, false, 'none', ['DATABASE_URL and KAFKA_BROKERS are set: nothing embedded, no demo.']);
  }
  if (ownDatabase) {
    return plan(false, false, 'none', [
      'DATABASE_URL is set: no embedded PostgreSQL, no demo.',
      'KAFKA_BROKERS is not set: contracts over Kafka topics are unavailable until it is.',
    ]);
  }
  if (ownKafka) {
    return plan(true, false, 'none', [
      'KAFKA_BROKERS is set: no embedded broker, no demo. Reprise keeps its own rows in an embedded PostgreSQL.',
    ]);
  }
  const availability = kafka();
  if (availability.available) return plan(true, true, 'stock and accounts', []);
  return plan(true, false, 'accounts', [
    `The Kafka contract (inventory) is unavailable: ${availability.why}.`,
    'The PostgreSQL contract (accounts) works in full.',
  ]);
}

function plan(
  embeddedPostgres: boolean,
  embeddedKafka: boolean,
  demo: ServerPlan['demo'],
  notes: string[],
): ServerPlan {
  return { embeddedPostgres, embeddedKafka, demo, notes };
}
