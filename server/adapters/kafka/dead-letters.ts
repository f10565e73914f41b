import type { DeadLetter, DeadLetterReader, ValueDecoder } from '../../application/ports/history.ts';
import type { Selector } from '../../domain/contract/index.ts';
import type { HistoryRecord } from '../../domain/replay/index.ts';
import { asText, compileSelector } from '../../domain/replay/selectors.ts';
import type { Cluster } from './cluster.ts';
import { asUnavailable } from './failures.ts';
import { parseJson } from './json-decoder.ts';
import { readFrom } from './read-from.ts';
import { schemaIdOf } from './wire-format.ts';

const answerBytes = 1 << 20;

/**
 * Reads each partition from its start and stops after `limit` records, since none further on can be among the
 * oldest. A letter whose idempotency key can't be found has an empty `eventId`: it is listed all the same.
 * `registry` reads letters that were parked in a schema registry's format; null where no registry is named.
 */
export function createDeadLetterReader(cluster: Cluster, registry: ValueDecoder | null): DeadLetterReader {
  return {
    list: async (topic, id, cause, limit) => {
      const toLetter = letterReader(id, cause, registry);
      const starts = await cluster.offsets(topic, 'log-start');
      const ends = await cluster.offsets(topic, 'last-stable');
      const found: DeadLetter[] = [];
      for (const [partition, start] of starts) {
        const end = Number(ends.get(partition) ?? 0n);
        let taken = 0;
        for (let at = Number(start); at < end && taken <= limit; ) {
          const run = await readFrom(cluster, topic, partition, at, answerBytes).catch((error: unknown) => {
            throw asUnavailable(error, `Reading dead letters of ${topic}`, topic);
          });
          await registry?.prepare({ partition, records: run.records, absences: [], next: run.next });
          for (const record of run.records) {
            if (taken > limit) break;
            taken += 1;
            found.push(toLetter(topic, partition, record));
          }
          at = run.next;
        }
      }
      found.sort(
        (a, b) =>
          a.timestampMs - b.timestampMs || a.partition - b.partition || Number(a.offset) - Number(b.offset),
      );
      return { letters: found.slice(0, limit), truncated: found.length > limit };
    },
  };
}

type ToLetter = (topic: string, partition: number, record: HistoryRecord) => DeadLetter;

function letterReader(id: Selector, cause: Selector | null, registry: ValueDecoder | null): ToLetter {
  const readId = compileSelector(id);
  const readCause = cause === null ? null : compileSelector(cause);
  return (topic, partition, record) => {
    const value = decodeLetter(record, registry);
    return {
      eventId: asText(readId(record, value)) ?? '',
      topic,
      partition,
      offset: String(record.offset),
      cause: asText(readCause?.(record, value)) ?? null,
      timestampMs: record.timestampMs,
    };
  };
}

/** A letter may be parked because it can't be decoded: then its id can only stand in its key or a header. */
export function decodeLetter(record: HistoryRecord, registry: ValueDecoder | null): unknown {
  if (record.value === null) return null;
  try {
    return registry !== null && schemaIdOf(record.value) !== null
      ? registry.decode(record)
      : parseJson(record.value);
  } catch {
    return undefined;
  }
}
