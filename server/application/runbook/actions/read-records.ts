import { counted } from '../../../domain/shared/counted.ts';
import type { Action } from '../../ports/runbook-actions.ts';
import type { TopicRecords } from '../../ports/topic-records.ts';
import type { StoredContracts } from './deps.ts';
import { recordsTable, shownHeaders } from './masked-records.ts';
import { absenceInWords, beyondEnds } from './words.ts';

export type ReadRecordsDeps = StoredContracts & {
  readonly records: Pick<TopicRecords, 'read'>;
};

/** Records around an offset, without what they hold; what is not there is named, with why. */
export function readRecords(deps: ReadRecordsDeps): Action<'read-records'> {
  return {
    preview: async ({ topic, partition, offset, count }) => ({
      sentence: `Reads ${counted(count, 'offset')} around ${offset} of ${topic}, partition ${partition}, with keys and values masked. Nothing is changed.`,
      shown: [],
      frozen: {},
    }),
    async perform({ topic, partition, offset, count }, _frozen, { signal }) {
      const wanted = BigInt(offset);
      const before = BigInt(Math.floor((count - 1) / 2));
      const from = wanted > before ? wanted - before : 0n;
      const to = from + BigInt(count);
      const { ends, records, absences } = await deps.records.read(topic, partition, { from, to }, signal);
      const exists = records.some((each) => BigInt(each.offset) === wanted);
      const ofWanted = [
        ...absences
          .filter((each) => BigInt(each.from) <= wanted && wanted < BigInt(each.to))
          .map(absenceInWords),
        ...beyondEnds(wanted, wanted + 1n, ends),
      ];
      const absent = [...absences.map(absenceInWords), ...beyondEnds(from, to, ends)];
      const place = `${topic}, partition ${partition}`;
      return {
        sentence: exists
          ? `Offset ${offset} of ${place} is a record; ${counted(records.length, 'record')} of ${counted(count, 'offset')} are shown.`
          : `There is no record at offset ${offset} of ${place}. ${ofWanted.join(' ')}`.trim(),
        outputs: { found: records.length, exists },
        shown: [
          recordsTable(place, records, await shownHeaders(deps, topic)),
          ...(absent.length === 0 ? [] : [{ kind: 'text', text: absent.join('\n') } as const]),
        ],
        links: [],
      };
    },
  };
}
