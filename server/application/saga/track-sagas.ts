import type { EngineContract, Saga } from '../../domain/contract/index.ts';
import type { HistoryState, RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { HistoryReader, TransactionOrderedReader, ValueDecoder } from '../ports/history.ts';
import type { SagaGap, SagaWatch, WatchedSaga } from '../ports/sagas.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { loadBundle, withHistory } from '../replay/open-contract.ts';
import { loadSubjects } from '../replay/subjects.ts';
import type { SagaDeps } from './deps.ts';
import { keepStretch } from './keep-stretch.ts';
import { SagaEventReader } from './read-events.ts';
import { tellStuck } from './tell-stuck.ts';

export const LEASE_MS = 15_000;
/** Of one partition in one turn: a long history is followed in several, and other contracts have theirs between. */
const AT_ONCE = 50_000n;
/** Records that are kept in one transaction. */
const STRETCH = 500;
/**
 * A stretch of records is read in milliseconds; more is a contract's code that does not answer. It is ended after that
 * time, which is how long such code can hold up the worker's thread.
 */
const READ_MS = 2_000;
const LAST_POSITION = 2n ** 63n - 1n;

const nothingFollowed: SagaWatch = {
  identity: '',
  visibleBefore: null,
  toldStuck: 0,
  problem: null,
  cursors: new Map(),
};

export const leaseOf = (contractId: string) => `sagas:${contractId}`;

type Following = {
  readonly holder: string;
  readonly signal: AbortSignal;
  /** Called whenever something of it is done. */
  readonly alive: () => void;
};

/**
 * Follows one contract's history from where it was followed to, says which sagas are stuck, and counts compensations.
 * One worker at a time, by a lease.
 */
export function followSagas(deps: SagaDeps, watched: WatchedSaga, following: Following): Promise<void> {
  return new Turn(deps, watched, following).run();
}

/** One contract's history, from its cursor to its end or as far as one turn goes. */
class Turn {
  private readonly deps: SagaDeps;
  private readonly watched: WatchedSaga;
  private readonly following: Following;
  /** Kept when the turn has come to its end: a table is read again from its last bound where that is interrupted. */
  private unreadInTable = 0n;

  constructor(deps: SagaDeps, watched: WatchedSaga, following: Following) {
    this.deps = deps;
    this.watched = watched;
    this.following = following;
  }

  async run(): Promise<void> {
    const { deps, watched } = this;
    const { contractId } = watched;
    const isHeld = await deps.unitOfWork.run((tx) =>
      deps.leases.hold(tx, leaseOf(contractId), this.following.holder, LEASE_MS),
    );
    if (!isHeld) return;
    const contract = await this.load();
    const { saga } = contract;
    if (saga === null) return;
    await withHistory(deps, contract, async ({ reader, decoder }) => {
      // Before the end is looked up: what is not at the end by then has not happened by now.
      const now = deps.clock.now();
      const history = await reader.describe();
      const at = await this.where(history);
      // Keys of subjects only where there is something to read by them: there may be very many.
      const readers = async () => {
        const subjects = await loadSubjects(deps, contract);
        const decode: ValueDecoder['decode'] = (record) => decoder.decode(record);
        return (partition: number) =>
          new SagaEventReader({ contract, decode, keys: null, subjects, partition }, saga, now.getTime());
      };
      const open = { reader, decoder, history, readers, saga };
      const reachedEnd =
        history.kind === 'postgres' ? await this.readTable(open, at) : await this.readTopic(open, at);
      if (!reachedEnd) return;
      await this.holding(async (tx) => {
        const toldStuck = await tellStuck(deps, tx, { ...watched, saga }, at.toldStuck, now);
        const { visibleBefore } = history;
        const unread = this.unreadInTable;
        await deps.sagas.followed(tx, contractId, { followedAt: now, visibleBefore, toldStuck, unread });
      });
    });
  }

  private async load(): Promise<EngineContract> {
    const { contractId, version } = this.watched;
    const stored = await this.deps.contracts.version(contractId, version);
    if (stored === null)
      throw new RepriseError(
        'contract-version-not-found',
        `Version ${version} of contract ${contractId} is not stored.`,
      );
    const file = `${contractId} version ${version}`;
    return loadBundle(this.deps.loader, { digest: stored.digest, bytes: stored.bundle, file });
  }

  /** Commits what is done while the lease is held, and nothing otherwise. */
  private holding<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { deps, watched } = this;
    const { holder, alive, signal } = this.following;
    signal.throwIfAborted();
    alive();
    return deps.unitOfWork.run(async (tx) => {
      if (!(await deps.leases.hold(tx, leaseOf(watched.contractId), holder, LEASE_MS)))
        throw new RepriseError('lease-lost', `Another worker follows the sagas of ${watched.contractId}.`);
      return work(tx);
    });
  }

  private where(history: HistoryState): Promise<SagaWatch> {
    const { sagas } = this.deps;
    const { contractId } = this.watched;
    return this.holding(async (tx) => {
      const found = (await sagas.watch(tx, contractId)) ?? nothingFollowed;
      if (found.identity === history.identity) return found;
      await sagas.begin(tx, contractId, history.identity);
      return { ...nothingFollowed, identity: history.identity, toldStuck: found.toldStuck };
    });
  }

  /** Moves cursors to where there is something to read, over what is gone; what is gone is kept and said. */
  private async pastWhatIsGone(
    { partitions, name }: HistoryState,
    cursors: ReadonlyMap<number, bigint>,
  ): Promise<ReadonlyMap<number, bigint>> {
    const { deps } = this;
    const { contractId } = this.watched;
    const moved = new Map(cursors);
    for (const { partition, logStart, lastStable } of partitions) {
      const cursor = cursors.get(partition);
      const next = BigInt(logStart);
      const gap = cursor === undefined ? null : gapAt(partition, cursor, next, BigInt(lastStable));
      if (cursor === undefined || gap === null) continue;
      const at = deps.clock.now();
      await this.holding(async (tx) => {
        await deps.sagas.skip(tx, contractId, { cursor, next, gap, at });
        await deps.live.notify(tx, `sagas:${contractId}`);
      });
      const { kind, from, to } = gap;
      deps.log.warn(
        { contractId, history: name, partition, kind, from: String(from), to: String(to) },
        'a range of a history is gone; sagas are followed from the start of its log on',
      );
      moved.set(partition, next);
    }
    return moved;
  }

  private async readTopic(open: OpenHistory, watch: SagaWatch): Promise<boolean> {
    const { reader, history } = open;
    const cursors = await this.pastWhatIsGone(history, watch.cursors);
    let reachedEnd = true;
    const stretches = history.partitions.flatMap(({ partition, logStart, lastStable }) => {
      const first = BigInt(logStart);
      const end = BigInt(lastStable);
      const cursor = cursors.get(partition) ?? null;
      const from = cursor ?? first;
      const to = end - from > AT_ONCE ? from + AT_ONCE : end;
      if (to < end) reachedEnd = false;
      return from < to ? [{ partition, from, to, cursor }] : [];
    });
    const { identity } = history;
    if (stretches.length === 0) return reachedEnd;
    const readerOf = await open.readers();
    const followers = new Map(
      stretches.map((each) => [
        each.partition,
        { ...each, events: readerOf(each.partition), from: each.cursor },
      ]),
    );
    await reader.read(
      stretches,
      { identity, visibleBefore: null, signal: this.following.signal },
      async (batch) => {
        const follower = followers.get(batch.partition);
        if (follower === undefined) return;
        await this.keepBatch(open, batch, follower.events, follower.from);
        follower.from = BigInt(batch.next);
      },
    );
    return reachedEnd;
  }

  /** By transactions, as rows become final: a cursor on positions alone would pass over what commits late. */
  private async readTable(open: OpenHistory, { visibleBefore }: SagaWatch): Promise<boolean> {
    const { reader, history } = open;
    const since = BigInt(visibleBefore ?? 0);
    const last = BigInt(history.visibleBefore ?? 0) - 1n;
    if (!isByTransactions(reader) || last < since) return true;
    const events = (await open.readers())(0);
    await reader.readApplied(since, { transactionId: last, position: LAST_POSITION }, async (batch) => {
      this.following.signal.throwIfAborted();
      await this.keepBatch(open, batch, events, null);
    });
    return true;
  }

  private async keepBatch(
    { decoder, saga, history }: OpenHistory,
    batch: RecordBatch,
    events: SagaEventReader,
    cursor: bigint | null,
  ): Promise<void> {
    const { deps } = this;
    const { contractId } = this.watched;
    const { partition } = batch;
    await decoder.prepare(batch);
    let from = cursor;
    let missed = batch.absences
      .filter(({ cause }) => cause === 'missing' || cause === 'compacted')
      .reduce((sum, absence) => sum + BigInt(absence.to - absence.from), 0n);
    for (let place = 0; place === 0 || place < batch.records.length; place += STRETCH) {
      const records = batch.records.slice(place, place + STRETCH);
      const isLast = place + STRETCH >= batch.records.length;
      const next = BigInt(isLast ? batch.next : (records.at(-1)?.offset ?? 0) + 1);
      const before = events.unread;
      const found = deps.callBounded(`sagas of ${contractId}, partition ${partition}`, READ_MS, () =>
        records.flatMap((record) => events.read(record) ?? []),
      );
      const isTable = history.kind === 'postgres';
      const unread = BigInt(events.unread - before);
      if (isTable) this.unreadInTable += unread;
      const stretch = {
        contractId,
        identity: history.identity,
        partition,
        from,
        next,
        missed,
        unread: isTable ? 0n : unread,
        found,
      };
      await this.holding((tx) => keepStretch(deps, tx, saga, stretch));
      if (!isTable) from = next;
      missed = 0n;
    }
  }
}

type OpenHistory = {
  readonly reader: HistoryReader;
  readonly decoder: ValueDecoder;
  readonly history: HistoryState;
  readonly readers: () => Promise<(partition: number) => SagaEventReader>;
  readonly saga: Saga;
};

const isByTransactions = (reader: HistoryReader): reader is HistoryReader & TransactionOrderedReader =>
  'readApplied' in reader;

/** What is gone of a partition by where it was followed to; null: nothing. */
function gapAt(partition: number, cursor: bigint, first: bigint, end: bigint): SagaGap | null {
  if (cursor < first) return { partition, kind: 'expired', from: cursor, to: first };
  return cursor > end ? { partition, kind: 'truncated', from: end, to: cursor } : null;
}
