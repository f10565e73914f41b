/**
 * Debezium's settings: read the outboxes from PostgreSQL's log, write each row to the topic that it names.
 * Source: Debezium 3.4, "PostgreSQL connector" and "Outbox Event Router".
 */
import { headers, publication } from './layout.ts';

const heartbeatMs = 2_000;

/**
 * @param options.generation differs each time the demo is built anew, so that Connect's stored offsets of an
 *   earlier database are never taken for this one's.
 */
export function outboxConnector(options: {
  databaseUrl: string;
  slot: string;
  /** Stands behind a row's `aggregatetype` in the name of its topic. */
  topicEnding: string;
  generation: string;
}): Record<string, string> {
  const url = new URL(options.databaseUrl);
  const additional = [
    `event_type:header:${headers.type}`,
    `event_version:header:${headers.version}`,
    `sequence:header:${headers.sequence}`,
    `occurred_at:header:${headers.occurredAt}`,
  ];
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'database.hostname': url.hostname,
    'database.port': url.port || '5432',
    'database.user': decodeURIComponent(url.username),
    'database.password': decodeURIComponent(url.password),
    'database.dbname': decodeURIComponent(url.pathname.slice(1)),
    'topic.prefix': `demo-shop-${options.generation}`,
    'plugin.name': 'pgoutput',
    'slot.name': options.slot,
    'publication.name': publication,
    'publication.autocreate.mode': 'disabled',
    'table.include.list': 'public.outbox,public.order_outbox',
    // The slot is made with the tables, before the first row: streaming from it misses nothing.
    'snapshot.mode': 'no_data',
    // One PostgreSQL serves several databases: without these, a quiet outbox would hold back the log that its
    // busy neighbours write. The driver acknowledges what it is told of only once all it was sent is, and that
    // a transaction's end is carried, only a heartbeat says.
    'lsn.flush.mode': 'connector_and_driver',
    'heartbeat.interval.ms': String(heartbeatMs),
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '1',
    'topic.creation.default.retention.ms': '3600000',
    // That flush takes the slot ahead of Connect's stored offset. The slot never passes what the broker has not
    // acknowledged, so it is believed; `trust_greater_lsn` fails here with "cannot advance replication slot".
    'offset.mismatch.strategy': 'trust_slot',
    'poll.interval.ms': '50',
    'tombstones.on.delete': 'false',
    // Debezium's own context headers differ from run to run and tell a reader of the history nothing.
    'extended.headers.enabled': 'false',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    // The payload is JSON text already: it goes to the topic as it stands.
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    transforms: 'outbox',
    'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter',
    // A retry publishes the same event in a new row, so the event's id is a column of its own.
    'transforms.outbox.table.field.event.id': 'event_id',
    'transforms.outbox.table.field.event.key': 'aggregateid',
    'transforms.outbox.table.field.event.payload': 'payload',
    'transforms.outbox.table.field.event.timestamp': 'record_time',
    'transforms.outbox.table.fields.additional.placement': additional.join(','),
    'transforms.outbox.route.by.field': 'aggregatetype',
    'transforms.outbox.route.topic.replacement': `\${routedByValue}${options.topicEnding}`,
  };
}
