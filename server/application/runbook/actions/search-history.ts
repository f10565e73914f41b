import type { EngineContract, EngineEvent } from '../../../domain/contract/index.ts';
import {
  asText,
  compileSelector,
  EventReader,
  type HistoryRecord,
  type HistoryState,
  needsNoValue,
  type RecordBatch,
} from '../../../domain/replay/index.ts';
import { actions } from '../../../domain/runbook/index.ts';
import { counted, grouped } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CallBounded } from '../../ports/contracts.ts';
import type { SubjectKeys } from '../../ports/derived-state.ts';
import type { HistoryOpener, ValueDecoder } from '../../ports/history.ts';
import type { Action, ActionContext, ActionResult } from '../../ports/runbook-actions.ts';
import { withHistory } from '../../replay/open-contract.ts';
import { loadSubjects } from '../../replay/subjects.ts';
import { newestContract, type StoredContracts } from './deps.ts';
import { timeText } from './words.ts';

export type SearchHistoryDeps = StoredContracts & {
  readonly histories: HistoryOpener;
  readonly subjectKeys: SubjectKeys;
  readonly callBounded: CallBounded;
  readonly clock: Clock;
};

/** Kept of what is found; all are counted. */
const mostShown = 200;
const sayEveryMs = 5_000;
/** So much before its time is up it tells what it has. */
const spareMs = 15_000;
const callMs = 10_000;

type Wanted = { readonly by: 'key' | 'eventId'; readonly value: string };
type Hit = {
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly id: string;
  readonly key: string;
  readonly type: string;
};

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
        const finished = await readAll(deps, { reader, decoder, state }, search, context);
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

class Stop extends Error {}

/** Answers whether all was read. A search that was ended in the middle tells what it has. */
async function readAll(
  { clock }: Pick<SearchHistoryDeps, 'clock'>,
  history: Awaited<ReturnType<HistoryOpener['open']>> & { readonly state: HistoryState },
  search: Search,
  { signal, say }: Pick<ActionContext, 'signal' | 'say'>,
): Promise<boolean> {
  const { reader, decoder, state } = history;
  const ranges = state.partitions
    .map(({ partition, logStart, lastStable }) => ({
      partition,
      from: BigInt(logStart),
      to: BigInt(lastStable),
    }))
    .filter(({ from, to }) => from < to);
  if (ranges.length === 0) return true;
  const total = totalOf(state);
  const until = clock.now().getTime() + actions['search-history'].timeoutSeconds * 1_000 - spareMs;
  let said = clock.now().getTime();
  try {
    await reader.read(
      ranges,
      { identity: state.identity, visibleBefore: state.visibleBefore, signal },
      async (batch) => {
        await decoder.prepare(batch);
        search.take(batch);
        const now = clock.now().getTime();
        if (now > until) throw new Stop();
        if (now - said < sayEveryMs) return;
        said = now;
        say(`Read ${grouped(search.read)} of ${grouped(total)} offsets; found ${grouped(search.found)}.`);
      },
    );
    return true;
  } catch (error) {
    if (error instanceof Stop || signal.aborted) return false;
    throw error;
  }
}

const totalOf = ({ partitions }: HistoryState): bigint =>
  partitions.reduce((sum, { logStart, lastStable }) => sum + BigInt(lastStable) - BigInt(logStart), 0n);

class Search {
  /** Offsets, with those that hold no record. */
  read = 0n;
  found = 0;
  /** Records of which it could not be told whether they are meant. */
  unreadable = 0;
  readonly hits: Hit[] = [];
  private readonly next = new Map<number, number>();
  private readonly id: Reading;
  private readonly key: Reading;
  private readonly type: Reading;
  /** Where an event touches other keys than its own, only the contract's code tells. */
  private readonly routed: ((record: HistoryRecord) => readonly string[] | null) | null;
  private readonly callBounded: CallBounded;
  private readonly contract: EngineContract;
  private readonly wanted: Wanted;

  constructor(
    { callBounded }: Pick<SearchHistoryDeps, 'callBounded'>,
    contract: EngineContract,
    decoder: ValueDecoder,
    wanted: Wanted,
    subjects: Awaited<ReturnType<typeof loadSubjects>>,
  ) {
    this.callBounded = callBounded;
    this.contract = contract;
    this.wanted = wanted;
    this.id = new Reading(contract.envelope.id, decoder);
    this.key = new Reading(contract.ordering.key, decoder);
    this.type = new Reading(contract.envelope.type, decoder);
    const { route } = contract.projection;
    if (route === undefined || wanted.by === 'eventId') this.routed = null;
    else {
      const events = new EventReader({
        contract,
        decode: (record) => decoder.decode(record),
        keys: null,
        subjects,
      });
      this.routed = (record) => (events.read(record) === 'event' ? route(events.event as EngineEvent) : null);
    }
  }

  take(batch: RecordBatch): void {
    const { partition, records } = batch;
    const start = this.next.get(partition) ?? firstOf(batch);
    this.next.set(partition, batch.next);
    this.read += BigInt(batch.next - start);
    const found =
      this.routed === null
        ? records.filter((record) => this.isWanted(record))
        : this.callBounded(`routing events of ${this.contract.id}`, callMs, () =>
            records.filter((record) => this.isRouted(record)),
          );
    for (const record of found) this.keep(partition, record);
  }

  private isWanted(record: HistoryRecord): boolean {
    const text = (this.wanted.by === 'key' ? this.key : this.id).of(record);
    if (text === 'unreadable') this.unreadable += 1;
    return typeof text === 'object' && text !== null && text.text === this.wanted.value;
  }

  private isRouted(record: HistoryRecord): boolean {
    const keys = this.routed?.(record) ?? null;
    if (keys !== null) return keys.includes(this.wanted.value);
    return this.isWanted(record);
  }

  private keep(partition: number, record: HistoryRecord): void {
    this.found += 1;
    const { offset, timestampMs } = record;
    const text = (reading: Reading) => {
      const read = reading.of(record);
      return typeof read === 'object' && read !== null ? read.text : '';
    };
    this.hits.push({
      partition,
      offset,
      timestampMs,
      id: text(this.id),
      key: text(this.key),
      type: text(this.type),
    });
    if (this.hits.length <= 2 * mostShown) return;
    this.hits.sort(byTime);
    this.hits.length = mostShown;
  }
}

const firstOf = ({ records, absences, next }: RecordBatch) =>
  Math.min(records[0]?.offset ?? next, absences[0]?.from ?? next);

const byTime = (a: Hit, b: Hit) =>
  a.timestampMs - b.timestampMs || a.partition - b.partition || a.offset - b.offset;

/** One value of the envelope, without decoding where it stands beside the value. */
class Reading {
  private readonly read: ReturnType<typeof compileSelector>;
  private readonly early: boolean;
  private readonly decoder: ValueDecoder;

  constructor(selector: Parameters<typeof compileSelector>[0], decoder: ValueDecoder) {
    this.read = compileSelector(selector);
    this.early = needsNoValue(selector);
    this.decoder = decoder;
  }

  of(record: HistoryRecord): { readonly text: string } | 'unreadable' | null {
    let value: unknown;
    if (!this.early) {
      if (record.value === null) return null;
      try {
        value = this.decoder.decode(record);
      } catch {
        return 'unreadable';
      }
    }
    const text = asText(this.read(record, value));
    return text === undefined ? null : { text };
  }
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
