import { correctedRecord, nextBatch, outcomeOf } from '../../../domain/dead-letters/index.ts';
import type { HistoryRecord } from '../../../domain/replay/index.ts';
import { counted } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { AuditLog } from '../../ports/audit.ts';
import type { LetterIndex, LetterTopics } from '../../ports/dead-letters.ts';
import type { DerivedStateReader } from '../../ports/derived-state.ts';
import type { Leases } from '../../ports/leases.ts';
import type { LiveNotifier } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import type {
  ChosenLetter,
  Ends,
  LetterSender,
  Redrive,
  RedriveEdit,
  RedriveStore,
  Resent,
  SentLetter,
} from '../../ports/redrives.ts';
import type { Transaction, UnitOfWork } from '../../ports/unit-of-work.ts';
import { type ContractDeps, loadStored } from '../watched-topics.ts';

export type RunDeps = ContractDeps & {
  readonly unitOfWork: UnitOfWork;
  readonly redrives: RedriveStore;
  readonly letters: LetterIndex;
  /** null: no broker is configured. */
  readonly broker: { readonly topics: LetterTopics; readonly sender: LetterSender } | null;
  readonly derivedStates: Pick<DerivedStateReader, 'positionOf'>;
  readonly leases: Leases;
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
  readonly log: Log;
};

const LEASE_MS = 15_000;
/** A letter whose outcome nobody could tell by then is one that is not known. */
const OUTCOME_MS = 60_000;
/** Under the limit that brokers have for a batch unless somebody sets it. */
const PIECE_BYTES = 600_000;

/** Does one step of every redrive that may go on. One worker at a time, by a lease for each. */
export async function runRedrives(deps: RunDeps, holder: string, signal: AbortSignal): Promise<void> {
  if (deps.broker === null) return;
  const { topics, sender } = deps.broker;
  for (const id of await deps.unitOfWork.run((tx) => deps.redrives.open(tx))) {
    if (signal.aborted) return;
    try {
      await new Step(deps, topics, sender, id, holder).run();
    } catch (error) {
      if (error instanceof RepriseError && error.code === 'lease-lost') continue;
      const problem = error instanceof RepriseError ? error.message : 'It failed unexpectedly: see the log.';
      const isNews = await deps.unitOfWork.run((tx) => deps.redrives.problem(tx, id, problem));
      if (isNews) deps.log.warn({ error, redriveId: id }, 'a redrive can not go on; it is tried again');
    }
  }
}

const asEdited = (
  record: HistoryRecord,
  { value, ...edit }: RedriveEdit,
  { requestedBy: correctedBy, reason }: Redrive,
): HistoryRecord =>
  value === null ? record : correctedRecord(record, { ...edit, value, correctedBy, reason });

class Step {
  private readonly deps: RunDeps;
  private readonly topics: LetterTopics;
  private readonly sender: LetterSender;
  private readonly id: string;
  private readonly holder: string;

  constructor(deps: RunDeps, topics: LetterTopics, sender: LetterSender, id: string, holder: string) {
    this.deps = deps;
    this.topics = topics;
    this.sender = sender;
    this.id = id;
    this.holder = holder;
  }

  async run(): Promise<void> {
    const { redrives } = this.deps;
    const redrive = await this.begin();
    if (redrive === null) return;
    await this.settleSending(redrive);
    const sent = await this.holding((tx) => redrives.sent(tx, this.id));
    if (sent.length > 0) await this.verify(redrive, sent);
    await this.goOn();
  }

  /** null: it is not to run now. */
  private async begin(): Promise<Redrive | null> {
    const { redrives } = this.deps;
    const found = await this.holding((tx) => redrives.find(tx, this.id));
    if (found === null || (found.status !== 'queued' && found.status !== 'running')) return null;
    const { identity, partitions } = await this.topics.describe(found.topic);
    if (identity !== found.identity) {
      await this.end('stopped', `${found.topic} was deleted and made again: its letters are others.`);
      return null;
    }
    const ends = Object.fromEntries(partitions.map(({ partition, end }) => [partition, String(end)]));
    return this.holding(async (tx) => {
      const locked = await redrives.lock(tx, this.id);
      if (locked?.status === 'queued') {
        await redrives.begin(tx, this.id, ends);
        if (locked.startedAt === null) await this.note(tx, 'redrive.started', { letters: locked.letters });
        return { ...locked, status: 'running' };
      }
      return locked?.status === 'running' ? locked : null;
    });
  }

  /** What a worker was sending when it died was sent, or was not: the topic knows. */
  private async settleSending({ topic, target }: Redrive): Promise<void> {
    const { redrives } = this.deps;
    const sending = await this.holding((tx) => redrives.sending(tx, this.id));
    if (sending.length === 0) return;
    const { sendingFrom } = await this.holding((tx) => redrives.marks(tx, this.id));
    const landed = await this.sender.settle(this.id, target, sendingFrom);
    const byOrigin = new Map(landed.map((each) => [each.origin, each]));
    const found = sending.flatMap(({ number, partition, offset }) => {
      const place = byOrigin.get(`${topic}/${partition}/${offset}`);
      return place === undefined ? [] : [{ number, partition: place.partition, offset: place.offset }];
    });
    await this.holding(async (tx) => {
      await redrives.markSent(tx, this.id, found);
      const numbers = sending.map(({ number }) => number);
      await redrives.markWaiting(tx, this.id, numbers);
    });
  }

  private async verify(redrive: Redrive, sent: readonly SentLetter[]): Promise<void> {
    const { redrives, letters, live, unitOfWork } = this.deps;
    const past = await this.whoIsPast(redrive);
    // Only now: a letter that a consumer parks it parks before it goes on.
    const { partitions } = await this.topics.describe(redrive.topic);
    const standing = await unitOfWork.run((tx) => letters.standing(tx, redrive.topic));
    const isRead = partitions.every(
      ({ partition, end }) => (standing.cursors.get(partition)?.next ?? 0n) >= end,
    );
    const { deadFrom } = await unitOfWork.run((tx) => redrives.marks(tx, this.id));
    await this.holding(async (tx) => {
      for (const letter of sent) {
        const outcome = outcomeOf({
          ...past(letter),
          deadLettersRead: isRead,
          parkedAgain:
            letter.eventId === null
              ? null
              : await redrives.parkedSince(tx, redrive.topic, redrive.identity, letter.eventId, deadFrom),
          hasEventId: letter.eventId !== null,
          timeIsUp: letter.ageMs > OUTCOME_MS,
        });
        if (outcome === null) continue;
        await redrives.settle(tx, this.id, letter.number, outcome);
        await live.notify(tx, 'dead-letters');
      }
    });
  }

  /** What group and state say of the target now. */
  private async whoIsPast({ contractId, state: name, target }: Redrive) {
    const stored = await this.deps.contracts.latest(contractId);
    const contract = stored === null ? null : await loadStored(this.deps, stored);
    const state = contract?.derivedStates[name] ?? null;
    const group = state?.consumerGroup ?? null;
    const committed = group === null ? null : ((await this.sender.committed(group, target)) ?? new Map());
    const ofHistory = contract?.history.kind === 'kafka' && contract.history.topic === target;
    const keepsPosition = state?.kind === 'postgres' && state.position?.kind === 'per-partition';
    const applied =
      state !== null && ofHistory && keepsPosition ? await this.deps.derivedStates.positionOf(state) : null;
    const isPast = (next: bigint | undefined, letter: SentLetter) =>
      next !== undefined && next > BigInt(letter.sentOffset);
    return (letter: SentLetter) => ({
      groupIsPast: committed === null ? null : isPast(committed.get(letter.sentPartition), letter),
      stateIsPast:
        applied?.kind === 'per-partition' ? isPast(applied.next.get(letter.sentPartition), letter) : null,
    });
  }

  /** Sends the next piece of this batch, begins the next batch, or ends. */
  private async goOn(): Promise<void> {
    const { redrives } = this.deps;
    const { redrive, due, pauseMs } = await this.holding(async (tx) => {
      const locked = await redrives.lock(tx, this.id);
      return {
        redrive: locked,
        due: await redrives.waiting(tx, this.id, locked?.batchEnd ?? 0, locked?.perSecond ?? 0),
        pauseMs: (await redrives.marks(tx, this.id)).mayNotSendForMs,
      };
    });
    if (redrive === null || redrive.status !== 'running') return;
    if (due.length === 0) {
      if (redrive.counts.sent + redrive.counts.sending === 0) await this.endOfBatch(redrive);
      return;
    }
    if (pauseMs === 0) await this.sendPiece(redrive, due);
  }

  private async endOfBatch({ batch, batchEnd, counts }: Redrive): Promise<void> {
    const { redrives, live } = this.deps;
    if (counts.waiting === 0) return this.end('done', null);
    const all = await this.holding((tx) => redrives.outcomes(tx, this.id, batchEnd - batch, batchEnd));
    const next = nextBatch(batch, all);
    if (next === null)
      return this.end(
        'stopped',
        `${all.others} of the ${counted(all.others + all.reprocessed, 'letter')} of the last batch ${all.others === 1 ? 'was' : 'were'} not reprocessed, so no more are sent.`,
      );
    await this.holding(async (tx) => {
      await redrives.grow(tx, this.id, next, batchEnd + next);
      await live.notify(tx, 'dead-letters');
    });
  }

  private async sendPiece(
    redrive: Redrive,
    waiting: readonly (ChosenLetter & { readonly number: number })[],
  ): Promise<void> {
    const { redrives, live } = this.deps;
    const edit = await this.holding((tx) => redrives.edit(tx, this.id));
    if (edit !== null && edit.value === null)
      return this.end('stopped', 'What it would send was erased, so nothing is sent.');
    const piece: Resent[] = [];
    const lost: number[] = [];
    let bytes = 0;
    for (const { number, partition, offset } of waiting) {
      const record = await this.recordAt(redrive, partition, offset);
      if (record === null) {
        lost.push(number);
        continue;
      }
      const sent = edit === null ? record : asEdited(record, edit, redrive);
      bytes += (sent.value?.length ?? 0) + (sent.key?.length ?? 0) + 1_000;
      if (piece.length > 0 && bytes > PIECE_BYTES) break;
      piece.push({ number, origin: `${redrive.topic}/${partition}/${offset}`, record: sent });
    }
    const from: Ends = await this.sender.ends(redrive.target);
    const pauseMs = (piece.length / redrive.perSecond) * 1_000;
    const mayGo = await this.holding(async (tx) => {
      if ((await redrives.lock(tx, this.id))?.status !== 'running') return false;
      await redrives.markGone(tx, this.id, lost);
      await redrives.markSending(
        tx,
        this.id,
        piece.map(({ number }) => number),
        from,
        pauseMs,
      );
      await redrives.problem(tx, this.id, null);
      return true;
    });
    if (!mayGo || piece.length === 0) return;
    const landed = await this.sender.send(this.id, redrive.target, piece);
    const byOrigin = new Map(landed.map((each) => [each.origin, each]));
    await this.holding(async (tx) => {
      await redrives.markSent(
        tx,
        this.id,
        piece.flatMap(({ number, origin }) => {
          const place = byOrigin.get(origin);
          return place === undefined ? [] : [{ number, partition: place.partition, offset: place.offset }];
        }),
      );
      await live.notify(tx, 'dead-letters');
    });
  }

  private async recordAt(
    { topic, identity }: Redrive,
    partition: number,
    offset: string,
  ): Promise<HistoryRecord | null> {
    const { records } = await this.topics.read(topic, identity, partition, BigInt(offset));
    return records.find((each) => String(each.offset) === offset) ?? null;
  }

  private async end(status: 'done' | 'stopped', problem: string | null): Promise<void> {
    await this.holding(async (tx) => {
      const locked = await this.deps.redrives.lock(tx, this.id);
      if (locked?.status !== 'running' && locked?.status !== 'queued') return;
      // One that never began has to begin before it can end.
      if (locked.status === 'queued') await this.deps.redrives.begin(tx, this.id, {});
      await this.deps.redrives.move(tx, this.id, status, problem);
      await this.note(tx, `redrive.${status}`, { ...locked.counts });
    });
  }

  private async note(
    tx: Transaction,
    action: string,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const subject = `redrive:${this.id}`;
    await this.deps.audit.append(tx, { actor: 'reprise', action, subject, outcome: 'done', detail });
    await this.deps.live.notify(tx, 'dead-letters');
  }

  private holding<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.deps.unitOfWork.run(async (tx) => {
      if (!(await this.deps.leases.hold(tx, `redrive:${this.id}`, this.holder, LEASE_MS)))
        throw new RepriseError('lease-lost', 'Another worker sends these letters.');
      return work(tx);
    });
  }
}
