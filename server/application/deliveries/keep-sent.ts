import type { EngineContract, SentEvents } from '../../domain/contract/index.ts';
import {
  type AwaitedEvent,
  type DeliveryFinding,
  findingOf,
  hasRestarted,
  idFingerprint,
  looked,
  matchSent,
  type SentRow,
} from '../../domain/deliveries/index.ts';
import type { HistoryState } from '../../domain/replay/index.ts';
import type { AuditStanding, OutboxReader, SentCursor } from '../ports/deliveries.ts';
import type { HistoryReader } from '../ports/history.ts';
import type { SuggestedScope } from '../ports/incident-signals.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { AuditDeliveriesDeps } from './deps.ts';
import { turnRecords } from './deps.ts';
import type { ReadDeliveries } from './read-history.ts';
import { lossReadings, tellLosses } from './tell-losses.ts';

const DUE_PER_TURN = 1_000;

type Begun = Awaited<ReturnType<OutboxReader['begin']>>;
type Read = Awaited<ReturnType<OutboxReader['read']>>;

/** What one turn has read of an outbox. */
export type SentRead = {
  /** The outbox is looked at for the first time, or anew: nothing of before is judged. */
  readonly begins: boolean;
  /** Why it is looked at anew. */
  readonly anew: string | null;
  readonly snapshot: Begun | Read | null;
  readonly rows: readonly SentRow[];
  readonly cursor: SentCursor | null;
  /** Rows of before that are counted and no longer stand there. */
  readonly pruned: boolean;
  /** Why it could not be read. */
  readonly problem: string | null;
  /** Those that were due at the last turn, and the rows that the outbox has of them. */
  readonly due: readonly AwaitedEvent[];
  /** null: the search took too long, and it can't be told. */
  readonly rowsOf: ReadonlyMap<string, number> | null;
  /** The part of the topic in which what is missed would have to stand. */
  scopeOf(reader: HistoryReader, state: HistoryState): Promise<SuggestedScope | null>;
};

/** null: the contract names no outbox. One that can't be read stops no audit of the topic. */
export async function readSent(
  deps: AuditDeliveriesDeps,
  { sent, budgets }: EngineContract,
  standing: AuditStanding | null,
): Promise<SentRead | null> {
  if (sent === null || budgets.losses === null) return null;
  const cursor = standing?.sent ?? null;
  try {
    if (cursor === null || standing === null) return beginning(await deps.outboxes.begin(sent), null);
    const snapshot = await deps.outboxes.read(sent, cursor, turnRecords);
    const anew = whyAnew(sent, cursor, snapshot);
    if (anew !== null) return beginning(await deps.outboxes.begin(sent), anew);
    const { number } = standing.audit;
    const { due, counted } = await deps.unitOfWork.run(async (tx) => ({
      due: await deps.deliveries.due(tx, number, snapshot.now, DUE_PER_TURN),
      counted: await deps.deliveries.countedBetween(tx, number, snapshot.pass.position, snapshot.lookedTo),
    }));
    const excess = due.filter(({ balance }) => balance < 0).map(({ eventId }) => eventId);
    return {
      begins: false,
      anew: null,
      snapshot,
      cursor,
      rows: snapshot.rows.map(({ eventId, position, at }) => ({
        id: idFingerprint(eventId),
        eventId,
        position,
        atMs: at.getTime(),
      })),
      pruned: snapshot.standing < counted,
      problem: null,
      due,
      rowsOf: excess.length === 0 ? new Map() : await deps.outboxes.rowsOf(sent, excess),
      scopeOf: (reader, state) => scopeOf(reader, state, due),
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...nothing, cursor, problem };
  }
}

const nothing: SentRead = {
  begins: false,
  anew: null,
  snapshot: null,
  rows: [],
  cursor: null,
  pruned: false,
  problem: null,
  due: [],
  rowsOf: null,
  scopeOf: () => Promise.resolve(null),
};

const beginning = (snapshot: Begun, anew: string | null): SentRead => ({
  ...nothing,
  begins: true,
  anew,
  snapshot,
});

/** An outbox that is another one, or whose positions have begun again, can't be read on. */
function whyAnew(sent: SentEvents, cursor: SentCursor, snapshot: Read): string | null {
  const { lowest, identity } = snapshot;
  if (identity !== cursor.identity)
    return `Outbox ${sent.table} is another table now: it was ${cursor.identity} and is ${identity}.`;
  if (lowest === null || !hasRestarted(cursor, snapshot)) return null;
  return `Outbox ${sent.table} has begun its positions again: it was read up to ${sent.position} ${cursor.top}, and a row of ${lowest.at.toISOString()} stands at ${lowest.position} now.`;
}

async function scopeOf(
  reader: HistoryReader,
  state: HistoryState,
  due: readonly AwaitedEvent[],
): Promise<SuggestedScope | null> {
  const missed = due.filter(({ balance, lost }) => balance > lost);
  if (missed.length === 0) return null;
  const offsets = await reader.offsetsAt(Math.min(...missed.map(({ atMs }) => atMs)));
  const partitions = offsets.flatMap(({ partition, offset }) => {
    const end = state.partitions.find((each) => each.partition === partition)?.lastStable ?? '0';
    return offset < BigInt(end) ? [{ partition, from: String(offset), to: end }] : [];
  });
  return partitions.length === 0 ? null : { partitions };
}

type Keep = {
  readonly contract: EngineContract;
  readonly number: number;
  readonly sent: SentRead;
  readonly read: ReadDeliveries;
  readonly now: Date;
  readonly scope: SuggestedScope | null;
  /** The topic was made again: where events went that were waited for can't be told. */
  readonly anew: boolean;
};

/** Holds what was sent against what arrived, in the transaction in which both cursors move. */
export async function keepSent(deps: AuditDeliveriesDeps, tx: Transaction, keep: Keep): Promise<void> {
  const { contract, number, sent, read, now } = keep;
  const { deliveries } = deps;
  if (sent.begins && sent.snapshot !== null && 'above' in sent.snapshot) {
    await tellAnew(deps, tx, keep);
    await deliveries.countPositions(tx, number, sent.snapshot.above);
    await deliveries.moveSent(tx, contract.id, number, firstCursor(sent.snapshot, now));
    return;
  }
  if (sent.cursor === null) return;
  if (keep.anew || read.missing > 0) await cannotTell(deps, tx, keep);
  const outcome = await matchTurn(deps, tx, keep);
  if (sent.snapshot !== null && 'standing' in sent.snapshot)
    await deliveries.moveSent(tx, contract.id, number, nextCursor(sent.cursor, sent, sent.snapshot));
  const judged = await judge(deps, tx, keep, outcome.stillDue);
  await deliveries.keepFindings(tx, contract.id, judged.findings, now);
  for (const { atMs } of outcome.matched) read.counts.add(atMs, 'sent');
  for (const { atMs, count } of judged.lost) {
    read.counts.add(atMs, 'sent', count);
    read.counts.add(atMs, 'lost', count);
  }
  await deps.meter.count(tx, lossReadings(contract, outcome.matched, judged.lost));
  await tellLosses(deps, tx, keep, { lost: judged.lost, takenBack: outcome.takenBack });
}

async function matchTurn(
  deps: AuditDeliveriesDeps,
  tx: Transaction,
  { contract, number, sent, read, now }: Keep,
) {
  const { deliveries } = deps;
  const fresh = await deliveries.countPositions(
    tx,
    number,
    sent.rows.map(({ position }) => position),
  );
  const rows = sent.rows.filter(({ position }) => fresh.has(position));
  const from = new Map(read.moves.map(({ to }) => [to.partition, to.sentFrom]));
  const arrivals = read.deliveries.filter(({ partition, offset }) => {
    const since = from.get(partition) ?? null;
    return since !== null && BigInt(offset) >= since;
  });
  const ids = [...new Set([...rows, ...arrivals].map(({ id }) => id))];
  const known = await deliveries.awaited(tx, number, ids);
  const seen = sent.snapshot?.now ?? sent.cursor?.readAt ?? now;
  const graceMs = contract.budgets.losses?.graceMs ?? 0;
  const matched = matchSent({ sent: rows, arrivals }, known, { seenMs: seen.getTime(), graceMs });
  await deliveries.keepAwaited(tx, number, matched.awaited);
  await deliveries.dropAwaited(tx, number, matched.even);
  const changed = new Set(ids);
  return {
    matched: matched.matched,
    takenBack: matched.takenBack,
    stillDue: sent.due.filter(({ id }) => !changed.has(id)),
  };
}

export type Lost = { readonly awaited: AwaitedEvent; readonly atMs: number; readonly count: number };

/** Only what had its time before the moment until which the topic is read without a gap. */
async function judge(deps: AuditDeliveriesDeps, tx: Transaction, keep: Keep, due: readonly AwaitedEvent[]) {
  const { contract, number, sent, read, now } = keep;
  const table = contract.sent?.table ?? '';
  const { closedUntil } = read;
  if (sent.snapshot === null || closedUntil === null || keep.anew || read.missing > 0)
    return { lost: [], findings: [] };
  const judged = due.filter(({ dueMs }) => dueMs <= closedUntil.getTime());
  const lost: Lost[] = [];
  const findings: DeliveryFinding[] = [];
  for (const awaited of judged) {
    const { balance, eventId, atMs, position } = awaited;
    const count = balance - awaited.lost;
    if (balance < 0 || count <= 0) continue;
    lost.push({ awaited: { ...awaited, lost: balance, lostAtMs: now.getTime() }, atMs, count });
    findings.push(
      findingOf(
        'lost',
        new Date(atMs),
        `Event ${eventId} stands in ${table} at ${contract.sent?.position} ${position}${count > 1 ? `, ${count} times` : ''}, and has not arrived.`,
        { eventId, position },
      ),
    );
  }
  await deps.deliveries.keepAwaited(
    tx,
    number,
    lost.map(({ awaited }) => awaited),
  );
  // Where there is more to read of the outbox, or to look through for rows that commit late, the row may still come.
  const seenUntil = 'pass' in sent.snapshot ? wholeUntil(sent.snapshot) : null;
  const excess = judged.filter(
    ({ balance, dueMs }) => balance < 0 && seenUntil !== null && dueMs <= seenUntil,
  );
  for (const each of excess) findings.push(...unsentOf(keep, each));
  await deps.deliveries.dropAwaited(
    tx,
    number,
    excess.map(({ id }) => id),
  );
  return { lost, findings };
}

/** Every row that was there until then is read; null: some may not be. */
const wholeUntil = ({ isWhole, pass, lookedTo }: Read): number | null =>
  isWhole && lookedTo >= pass.to ? pass.at.getTime() : null;

/** What arrived without a row: sent before the outbox was looked at, carried twice, not to be told, or never sent. */
function unsentOf({ contract, sent, read }: Keep, awaited: AwaitedEvent): readonly DeliveryFinding[] {
  const { eventId, atMs, partition, offset } = awaited;
  const rows = sent.rowsOf?.get(eventId) ?? 0;
  if (rows > 0) return [];
  const place = { eventId, partition, offset };
  const at = new Date(atMs);
  const reach = sent.snapshot?.lowest?.at ?? null;
  const reaches = reach !== null && reach.getTime() <= atMs && !sent.pruned && sent.cursor?.pruned !== true;
  if (sent.rowsOf === null || !reaches) {
    read.counts.add(atMs, 'untold');
    const why = sent.rowsOf === null ? 'can not be searched by id in time' : 'no longer reaches back to it';
    return [
      findingOf(
        'untold',
        at,
        `Whether event ${eventId} was ever sent can not be told: ${contract.sent?.table} ${why}.`,
        place,
      ),
    ];
  }
  read.counts.add(atMs, 'unsent');
  return [
    findingOf('unsent', at, `Event ${eventId} arrived, and ${contract.sent?.table} has no row of it.`, place),
  ];
}

/** Records are gone that may have been those that are waited for: that they were lost can't be said. */
async function cannotTell(deps: AuditDeliveriesDeps, tx: Transaction, { contract, number, read, now }: Keep) {
  const count = await deps.deliveries.dropAllAwaited(tx, number);
  if (count === 0) return;
  read.counts.add(now.getTime(), 'untold', count);
  const what = `Whether ${count} ${count === 1 ? 'event' : 'events'} that had been sent arrived can not be told: records are gone from the topic that were not read.`;
  await deps.deliveries.keepFindings(tx, contract.id, [findingOf('untold', now, what)], now);
}

/** The outbox can't be read on: what it held that was waited for can't be told, and what stands there is not judged. */
async function tellAnew(
  deps: AuditDeliveriesDeps,
  tx: Transaction,
  { contract, number, sent, read, now }: Keep,
) {
  const count = await deps.deliveries.dropAllAwaited(tx, number);
  await deps.deliveries.dropPositions(tx, number);
  if (sent.anew === null) return;
  if (count > 0) read.counts.add(now.getTime(), 'untold', count);
  const waited =
    count === 0
      ? ''
      : ` Whether ${count} ${count === 1 ? 'event' : 'events'} that had been sent arrived can not be told.`;
  const detail = `${sent.anew}${waited} It is judged anew from now on; what it holds by now is not.`;
  await deps.deliveries.keepFindings(tx, contract.id, [findingOf('recreated', now, detail)], now);
}

const firstCursor = (snapshot: Begun, now: Date): SentCursor => ({
  identity: snapshot.identity,
  top: snapshot.top,
  settled: snapshot.settled,
  xmin: snapshot.xmin,
  mark: { xmax: snapshot.xmax, top: snapshot.top, at: snapshot.now },
  readAt: snapshot.now,
  pruned: false,
  lowest: snapshot.lowest,
  fileNode: snapshot.fileNode,
  pass: null,
  startedAt: now,
});

function nextCursor(before: SentCursor, { pruned }: SentRead, snapshot: Read): SentCursor {
  const { top, xmax, now, lowest, fileNode } = snapshot;
  return {
    ...before,
    ...looked(before, snapshot.pass, { position: snapshot.lookedTo, top, xmax, now }),
    top,
    readAt: now,
    pruned: before.pruned || pruned,
    lowest,
    fileNode,
  };
}
