import type { EngineContract } from '../../domain/contract/index.ts';
import {
  type FoldedDeliveries,
  findingOf,
  foldDeliveries,
  notClosed,
} from '../../domain/deliveries/index.ts';
import type { HistoryState } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { AuditStanding, PartitionCursor } from '../ports/deliveries.ts';
import type { HistoryReader, ValueDecoder } from '../ports/history.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { AuditDeliveriesDeps } from './deps.ts';
import { leaseMs, turnRecords } from './deps.ts';
import { keepSent, readSent, type SentRead } from './keep-sent.ts';
import { type ReadDeliveries, readDeliveries } from './read-history.ts';
import { duplicateFindings, duplicateReadings, raiseConflicts } from './tell-duplicates.ts';

const HOUR_MS = 3_600_000;
const PRUNE_EVERY_MS = 10 * 60_000;

export type AuditedContract = {
  readonly contract: EngineContract;
  readonly lookBackHours: number;
};

export const leaseOf = (contractId: string) => `deliveries:${contractId}`;

/** What an audit of deliveries is of; null where the contract wants none. */
export function auditOf(contract: EngineContract): AuditedContract | null {
  const { duplicates, losses } = contract.budgets;
  if (duplicates === null && (losses === null || contract.sent === null)) return null;
  return { contract, lookBackHours: duplicates?.lookBackHours ?? 24 };
}

/**
 * One turn: reads on from where the audit is, and keeps what was found with the cursors, in one transaction. A worker
 * that vanishes has written nothing, and the next one reads the same records again. Answers whether there is more.
 */
export async function auditContract(
  deps: AuditDeliveriesDeps,
  audited: AuditedContract,
  holder: string,
  signal: AbortSignal,
  alive: () => void,
): Promise<boolean> {
  const { contract, lookBackHours } = audited;
  const lease = leaseOf(contract.id);
  const getsOn = getsOnBy(deps, { contractId: contract.id, holder, alive });
  const standing = await deps.unitOfWork.run(async (tx) =>
    (await deps.leases.hold(tx, lease, holder, leaseMs))
      ? { held: true, found: await deps.deliveries.load(tx, contract.id) }
      : { held: false, found: null },
  );
  if (!standing.held) return false;
  try {
    const history = await deps.histories.open(contract);
    try {
      return await turn(deps, audited, standing.found, history, { holder, lease, signal, getsOn });
    } finally {
      await history.reader.close().catch(() => undefined);
    }
  } catch (error) {
    if (error instanceof RepriseError && error.code === 'lease-lost') return false;
    const problem = error instanceof Error ? error.message : String(error);
    const at = deps.clock.now();
    await deps.unitOfWork.run((tx) =>
      deps.deliveries.keepTurn(tx, contract.id, { at, lookBackHours, problem, sentProblem: null }),
    );
    throw error;
  }
}

type OpenHistory = { readonly reader: HistoryReader; readonly decoder: ValueDecoder };
type Turn = {
  readonly holder: string;
  readonly lease: string;
  readonly signal: AbortSignal;
  /** To be called whenever something has been read. Throws RepriseError lease-lost where another worker audits by now. */
  readonly getsOn: () => Promise<void>;
};

/** A turn that takes longer than its lease is no turn that hangs: it says so, and keeps the lease. */
function getsOnBy(
  { unitOfWork, leases, clock }: Pick<AuditDeliveriesDeps, 'unitOfWork' | 'leases' | 'clock'>,
  of: { readonly contractId: string; readonly holder: string; readonly alive: () => void },
): () => Promise<void> {
  let heldMs = clock.now().getTime();
  return async () => {
    of.alive();
    const nowMs = clock.now().getTime();
    if (nowMs - heldMs < leaseMs / 4) return;
    const isHeld = await unitOfWork.run((tx) => leases.hold(tx, leaseOf(of.contractId), of.holder, leaseMs));
    if (!isHeld) throw overtaken(of.contractId);
    heldMs = nowMs;
  };
}

async function turn(
  deps: AuditDeliveriesDeps,
  audited: AuditedContract,
  found: AuditStanding | null,
  history: OpenHistory,
  { holder, lease, signal, getsOn }: Turn,
): Promise<boolean> {
  const { contract, lookBackHours } = audited;
  const now = deps.clock.now();
  // Before the topic is looked at: what was sent until then has had its time to arrive when it is judged.
  const isBegun = found !== null && found.audit.historyIdentity !== '';
  const early = isBegun ? await readSent(deps, contract, found) : null;
  await getsOn();
  const state = await history.reader.describe();
  await getsOn();
  const isSame = isBegun && found.audit.historyIdentity === state.identity;
  const begun = isSame ? null : await beginAt(history.reader, state, now, lookBackHours);
  const cursors = begun === null ? (found?.cursors ?? []) : begun.cursors;
  // An outbox begins after the topic was looked at: what it shows by now is not judged, and the rest arrives later. Of a
  // topic that was made again it begins anew: where what was sent before went can't be told.
  const isReadOn = early !== null && !early.begins && isSame;
  const anew = early?.anew ?? null;
  const again = isReadOn ? null : await readSent(deps, contract, null);
  const sent: SentRead | null = isReadOn ? early : again === null ? null : { ...again, anew };
  const read = await readDeliveries(contract, history, state, cursors, {
    limit: turnRecords,
    nowMs: now.getTime(),
    // Of the look that was before the topic was described: what came to be later is no part of it.
    lookedAt: early?.snapshot?.now ?? null,
    signal,
    getsOn,
  });
  const scope = await sent?.scopeOf(history.reader, state);
  await getsOn();
  await deps.unitOfWork.run(async (tx) => {
    if (!(await deps.leases.hold(tx, lease, holder, leaseMs))) throw overtaken(contract.id);
    const { deliveries } = deps;
    let number = found?.audit.number ?? 0;
    if (begun !== null) {
      const audit = await deliveries.begin(tx, contract.id, {
        identity: state.identity,
        since: begun.since,
        at: now,
      });
      number = audit.number;
      if (isBegun)
        await deliveries.keepFindings(
          tx,
          contract.id,
          [findingOf('recreated', now, recreated(contract, found.audit.historyIdentity, state))],
          now,
        );
    }
    const moves = read.moves.map(({ from, to }) => ({
      from: begun === null ? from : null,
      to: sent?.begins === true ? { ...to, sentFrom: endOf(state, to), closing: notClosed } : to,
    }));
    if (!(await deliveries.move(tx, contract.id, moves))) throw overtaken(contract.id);
    const folded = await keepDeliveries(deps, tx, { audited, number, read, now });
    if (sent !== null)
      await keepSent(deps, tx, {
        contract,
        number,
        sent,
        read,
        now,
        scope: scope ?? null,
        anew: isBegun && begun !== null,
      });
    await deliveries.count(tx, contract.id, read.counts.rows());
    if (sent === null && found?.sent != null) await deliveries.endSent(tx, contract.id, number);
    const sentProblem = sent?.problem ?? null;
    await deliveries.keepTurn(tx, contract.id, { at: now, lookBackHours, problem: null, sentProblem });
    await forgetOld(deps, tx, {
      contract,
      number,
      lookBackHours,
      read,
      now,
      prunedUntilMs: found?.audit.prunedUntilMs ?? 0,
    });
    if (read.deliveries.length > 0 || folded.duplicates.length > 0)
      await deps.live.notify(tx, `deliveries:${contract.id}`);
  });
  return !read.caughtUp && read.deliveries.length > 0;
}

const overtaken = (contractId: string) =>
  new RepriseError('lease-lost', `Another worker audits the deliveries of ${contractId} now.`);

/** Arrivals from the end on are held against what is sent from now on: what came before was sent before. */
const endOf = (state: HistoryState, { partition, next }: PartitionCursor) =>
  BigInt(state.partitions.find((each) => each.partition === partition)?.highWatermark ?? next);

const recreated = ({ history }: EngineContract, was: string, { name, identity }: HistoryState) =>
  `${history.kind === 'kafka' ? 'Topic' : 'Table'} ${name} was made again: it was ${was} and is ${identity} now. Ids seen before are forgotten, and what it held can no longer be audited.`;

/** A first audit begins the look-back ago; an event table's at its beginning, since it is read by transactions. */
async function beginAt(reader: HistoryReader, state: HistoryState, now: Date, lookBackHours: number) {
  const empty = {
    transaction: null,
    readUntil: null,
    events: 0,
    sentFrom: null,
    high: 0n,
    closing: notClosed,
  };
  if (state.kind === 'postgres')
    return { since: null, cursors: [{ ...empty, partition: 0, next: 0n, logEnd: 0n }] };
  const since = new Date(now.getTime() - lookBackHours * HOUR_MS);
  const offsets = await reader.offsetsAt(since.getTime());
  const cursors = offsets.map(({ partition, offset }) => ({
    ...empty,
    partition,
    next: offset,
    logEnd: offset,
  }));
  return { since, cursors };
}

async function keepDeliveries(
  deps: AuditDeliveriesDeps,
  tx: Transaction,
  of: {
    readonly audited: AuditedContract;
    readonly number: number;
    readonly read: ReadDeliveries;
    readonly now: Date;
  },
): Promise<FoldedDeliveries> {
  const { audited, number, read, now } = of;
  const { contract, lookBackHours } = audited;
  const ids = [...new Set(read.deliveries.map(({ id }) => id))];
  const known = await deps.deliveries.known(tx, number, ids);
  const folded = foldDeliveries(read.deliveries, known, lookBackHours * HOUR_MS);
  await deps.deliveries.remember(tx, number, folded);
  for (const { kind, delivery } of folded.duplicates) read.counts.add(delivery.atMs, kind);
  const findings = [...read.findings, ...duplicateFindings(folded.duplicates)];
  await deps.deliveries.keepFindings(tx, contract.id, findings, now);
  if (contract.budgets.duplicates !== null)
    await deps.meter.count(tx, duplicateReadings(contract, read.deliveries, folded.duplicates));
  await raiseConflicts(deps, tx, contract, folded.duplicates);
  return folded;
}

/** Ids older than the look-back go, by the time of the partition that is read the least far. */
async function forgetOld(
  deps: AuditDeliveriesDeps,
  tx: Transaction,
  of: {
    readonly contract: EngineContract;
    readonly number: number;
    readonly lookBackHours: number;
    readonly read: ReadDeliveries;
    readonly now: Date;
    readonly prunedUntilMs: number;
  },
): Promise<void> {
  const nowMs = of.now.getTime();
  const readUntil = of.read.moves.map(({ to }) =>
    to.next >= to.logEnd || to.readUntil === null ? nowMs : Math.min(nowMs, to.readUntil.getTime()),
  );
  const before = Math.min(nowMs, ...readUntil) - of.lookBackHours * HOUR_MS;
  if (before - of.prunedUntilMs < PRUNE_EVERY_MS) return;
  await deps.deliveries.forget(tx, of.contract.id, of.number, before);
}
