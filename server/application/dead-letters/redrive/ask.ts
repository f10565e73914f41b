import { endedRedrive } from '../../../domain/dead-letters/index.ts';
import { canonicalJson } from '../../../domain/shared/canonical-json.ts';
import { counted } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { refuseLost, refuseStale } from '../../approval/refuse-stale.ts';
import type { AuditLog } from '../../ports/audit.ts';
import type { LiveNotifier } from '../../ports/live.ts';
import type { NoticeOutbox, Telling } from '../../ports/notices.ts';
import type { PeopleStore } from '../../ports/people.ts';
import type { ChosenLetter, Redrive, RedriveStore } from '../../ports/redrives.ts';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { type FreezeDeps, type Frozen, freezeRedrive, type Wanted } from './freeze.ts';

export type AskDeps = FreezeDeps & {
  readonly audit: AuditLog;
  readonly live: LiveNotifier;
  readonly people: PeopleStore;
  readonly notices: NoticeOutbox;
  readonly newId: () => string;
};

/** By whose approval it is sent: somebody's on its own page, or those of the attempt of a runbook's step. */
export type ApprovedBy = { readonly by: 'page' } | { readonly by: 'attempt'; readonly attemptId: string };

/** Asks for what was previewed: refused where the same choice is another set by now. */
export async function requestRedrive(
  deps: AskDeps,
  request: Wanted & { readonly hash: string; readonly reason: string; readonly actor: string },
): Promise<{ readonly redriveId: string }> {
  if (request.reason.trim() === '')
    throw new RepriseError('input-invalid', 'A redrive has a reason.', { where: 'reason' });
  const preview = await freezeRedrive(deps, request);
  if (preview.hash !== request.hash)
    throw new RepriseError(
      'redrive-conflict',
      'Other letters stand there than were shown: look at them again, then ask once more.',
    );
  refuseTaken(preview.taken);
  return insertRedrive(deps, preview.frozen, preview.chosen, { by: 'page' }, request);
}

/** Letters that were named one by one are sent all or none. */
export function refuseTaken(taken: number): void {
  if (taken > 0)
    throw new RepriseError(
      'redrive-conflict',
      `The events of ${counted(taken, 'letter')} of these were reprocessed by another redrive since, or one holds them.`,
    );
}

/** Keeps a frozen set, to be sent once it is approved. An attempt asks once, however often. */
export function insertRedrive(
  deps: AskDeps,
  frozen: Frozen,
  letters: readonly ChosenLetter[],
  approved: ApprovedBy,
  { actor, reason }: { readonly actor: string; readonly reason: string },
  edited: { readonly id: string; readonly edit: Parameters<RedriveStore['insertEdit']>[2] } | null = null,
): Promise<{ readonly redriveId: string }> {
  return deps.unitOfWork.run(async (tx) => {
    await refuseLost(deps, tx, actor, 'respond');
    if (approved.by === 'attempt') {
      const known = await deps.redrives.ofAttempt(tx, approved.attemptId);
      if (known !== null) return { redriveId: known.id };
    }
    const text = canonicalJson(frozen);
    const id = edited?.id ?? deps.newId();
    await deps.redrives.insert(
      tx,
      {
        id,
        contractId: frozen.contract,
        state: frozen.state,
        topic: frozen.topic,
        identity: frozen.identity,
        target: frozen.target,
        perSecond: frozen.perSecond,
        frozen: text,
        hash: deps.sha256(text),
        requestedBy: actor,
        reason: reason.trim(),
        attemptId: approved.by === 'attempt' ? approved.attemptId : null,
        status: approved.by === 'attempt' ? 'queued' : 'awaiting-approval',
      },
      letters,
    );
    if (edited !== null) await deps.redrives.insertEdit(tx, id, edited.edit);
    await note(deps, tx, id, actor, 'redrive.requested', {
      hash: deps.sha256(text),
      letters: letters.length,
      topic: frozen.topic,
      target: frozen.target,
      ...(edited === null ? {} : { editedAs: edited.edit.eventId }),
    });
    if (approved.by === 'page')
      await tellOfRedrive(
        deps,
        tx,
        { id, contractId: frozen.contract, requestedBy: actor },
        { kind: 'waiting', audience: ['approvers'] },
      );
    return { redriveId: id };
  });
}

/** Approves or rejects exactly the set that was looked at. The database refuses whoever may not, whatever asks. */
export function decideRedrive(
  deps: AskDeps,
  request: {
    readonly redriveId: string;
    readonly hash: string;
    readonly verdict: 'approved' | 'rejected';
    readonly reason: string;
    readonly personId: string;
    readonly sessionId: string | null;
  },
): Promise<{ readonly status: Redrive['status'] }> {
  const { redriveId, personId, verdict } = request;
  return deps.unitOfWork.run(async (tx) => {
    const found = await mustFind(deps, tx, redriveId);
    await refuseStale(deps, tx, request.sessionId);
    await refuseLost(deps, tx, personId, 'approve');
    if (request.reason.trim() === '')
      throw new RepriseError('input-invalid', 'A decision has a reason.', { where: 'reason' });
    await deps.redrives.decide(tx, { ...request, id: deps.newId(), reason: request.reason.trim() });
    const status = verdict === 'approved' ? 'queued' : 'refused';
    await deps.redrives.move(tx, redriveId, status);
    await note(deps, tx, redriveId, personId, `redrive.${verdict}`, { hash: request.hash });
    await tellOfRedrive(deps, tx, found, { kind: verdict, audience: ['requester'] });
    return { status };
  });
}

const moves = { pause: 'paused', resume: 'queued', cancel: 'cancelled' } as const;

/** What was sent stays sent: its outcome is looked for after a pause, and after it was called off. */
export function steerRedrive(
  deps: AskDeps,
  request: { readonly redriveId: string; readonly move: keyof typeof moves; readonly actor: string },
): Promise<{ readonly status: Redrive['status'] }> {
  const { redriveId, move, actor } = request;
  return deps.unitOfWork.run(async (tx) => {
    // The redrive before the person: whoever takes a right holds them in this order too.
    const found = await mustFind(deps, tx, redriveId);
    await refuseLost(deps, tx, actor, 'respond');
    const { status } = found;
    const fits =
      move === 'pause'
        ? status === 'running' || status === 'queued'
        : move === 'resume'
          ? status === 'paused'
          : !endedRedrive(status);
    if (!fits) throw new RepriseError('redrive-conflict', `It can't ${move} now: it is ${status}.`);
    await deps.redrives.move(tx, redriveId, moves[move]);
    await note(deps, tx, redriveId, actor, `redrive.${move}`, { was: status });
    if (status === 'awaiting-approval')
      await tellOfRedrive(deps, tx, found, {
        kind: 'ended',
        audience: ['requester', 'told'],
        except: [actor],
      });
    return { status: moves[move] };
  });
}

/** In the transaction in which it becomes what is told. */
async function tellOfRedrive(
  deps: Pick<AskDeps, 'notices' | 'contracts' | 'live'>,
  tx: Transaction,
  { id, contractId, requestedBy }: Pick<Redrive, 'id' | 'contractId' | 'requestedBy'>,
  telling: Pick<Telling, 'kind' | 'audience' | 'except'>,
): Promise<void> {
  const contractVersion = (await deps.contracts.within(tx).latest(contractId))?.version ?? 0;
  const subject = { kind: 'redrive', id } as const;
  await deps.notices.tell(tx, { ...telling, subject, contractId, contractVersion, requestedBy });
  await deps.live.notify(tx, 'approvals');
}

export async function mustFind(
  deps: Pick<AskDeps, 'redrives'>,
  tx: Transaction,
  redriveId: string,
): Promise<Redrive> {
  const found = await deps.redrives.lock(tx, redriveId);
  if (found === null) throw new RepriseError('redrive-not-found', `There is no redrive ${redriveId}.`);
  return found;
}

export async function note(
  deps: Pick<AskDeps, 'audit' | 'live'>,
  tx: Transaction,
  id: string,
  actor: string,
  action: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await deps.audit.append(tx, { actor, action, subject: `redrive:${id}`, outcome: 'done', detail });
  await deps.live.notify(tx, 'dead-letters');
}
