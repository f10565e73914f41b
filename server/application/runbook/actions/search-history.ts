import type { EngineContract } from '../../../domain/contract/index.ts';
import type { HistoryState } from '../../../domain/replay/index.ts';
import { counted, grouped } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CallBounded } from '../../ports/contracts.ts';
import type { SubjectKeys } from '../../ports/derived-state.ts';
import type { HistoryOpener } from '../../ports/history.ts';
import type { Action, ActionResult } from '../../ports/runbook-actions.ts';
import { withHistory } from '../../replay/open-contract.ts';
import { loadSubjects } from '../../replay/subjects.ts';
import { newestContract, type StoredContracts } from './deps.ts';
import { byTime, mostShown, readAll, Search, totalOf, type Wanted } from './history-search.ts';
import { timeText } from './words.ts';

export type SearchHistoryDeps = StoredContracts & {
  readonly histories: HistoryOpener;
  readonly subjectKeys: SubjectKeys;
  readonly callBounded: CallBounded;
  readonly clock: Clock;
};

/** So much before its time is up it tells what it has: a quarter of a short time. */
const spareMs = 15_000;

/** Finds events by ordering key or idempotency key, and says how far it has read where that is not the end. */
export function searchHistory(deps: SearchHistoryDeps): Action<'search-history'> {
  return {
    preview: async (params) => {
      const { value, by } = wantedOf(params);
      return {
        sentence: `Searches the history of ${params.contract} for ${by === 'key' ? 'events of ordering key' : 'deliveries of idempotency key'} ${value}. Nothing is changed.`,
        shown: [],
        frozen: {},
      };
    },
    async perform(params, _frozen, context) {
      const wanted = wantedOf(params);
      const contract = await newestContract(deps, params.contract);
      const subjects = contract.erasure === null ? null : await loadSubjects(deps, contract);
      return withHistory(deps, contract, async ({ reader, decoder }) => {
        const state = await reader.describe();
        const search = new Search(deps, contract, decoder, wanted, subjects);
        const finished = await readAll(deps, { reader, decoder, state }, search, {
          ...context,
          withinMs: context.withinMs - Math.min(spareMs, context.withinMs / 4),
        });
        return tell(contract, wanted, search, state, finished);
      });
    },
  };
}

function wantedOf({
  key,
  eventId,
}: {
  readonly key?: string | undefined;
  readonly eventId?: string | undefined;
}): Wanted {
  if (key !== undefined && eventId === undefined) return { by: 'key', value: key };
  if (eventId !== undefined && key === undefined) return { by: 'eventId', value: eventId };
  throw new RepriseError('input-invalid', 'A search takes either key or eventId, and not both.', {
    where: 'with',
  });
}

function tell(
  contract: EngineContract,
  wanted: Wanted,
  search: Search,
  state: HistoryState,
  finished: boolean,
): ActionResult {
  const { found, unreadable } = search;
  const hits = search.hits.toSorted(byTime).slice(0, mostShown);
  const [first] = hits;
  const total = totalOf(state);
  const what = wanted.by === 'key' ? 'ordering key' : 'idempotency key';
  const unit = wanted.by === 'key' ? 'event' : 'delivery';
  const many = found === 1 ? `1 ${unit}` : `${grouped(found)} ${unit === 'event' ? 'events' : 'deliveries'}`;
  const read = finished
    ? `Read all ${counted(total, 'offset')} that the history holds now`
    : `Read ${grouped(search.read)} of ${counted(total, 'offset')} before the time was up`;
  const answer =
    found > 0
      ? `found ${many} of ${what} ${wanted.value}${finished ? '' : ' in these; there may be more'}`
      : finished
        ? `${what} ${wanted.value} is not among them`
        : `${what} ${wanted.value} was not found in these`;
  const left =
    unreadable === 0 ? '' : ` Of ${counted(unreadable, 'record')} that can't be decoded it is not known.`;
  const gone = state.partitions.some(({ logStart }) => BigInt(logStart) > 0n);
  const before =
    gone && state.kind === 'kafka'
      ? ' What retention has removed before that, and what stands in an archive, was not searched.'
      : '';
  return {
    sentence: `${read}: ${answer}.${left}${before}`,
    outputs: {
      found,
      ...(first === undefined ? {} : { partition: first.partition, offset: String(first.offset) }),
    },
    shown: [
      {
        kind: 'table',
        title:
          found > hits.length
            ? `The oldest ${hits.length} of ${many} in ${contract.title}`
            : `What was found in ${contract.title}`,
        columns: ['Partition', 'Offset', 'Time', 'Type', 'Ordering key', 'Idempotency key'],
        rows: hits.map(({ partition, offset, timestampMs, type, key, id }) => [
          String(partition),
          String(offset),
          timeText(timestampMs),
          type,
          key,
          id,
        ]),
      },
    ],
    links: [],
  };
}
