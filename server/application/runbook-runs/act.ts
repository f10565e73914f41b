import { mayDo } from '../../domain/access/index.ts';
import {
  decideRun,
  isRefusal,
  type Run,
  type RunCommand,
  type RunEvent,
} from '../../domain/runbook/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { refuseLost } from '../approval/refuse-stale.ts';
import { toAttached } from '../incident/attached-file.ts';
import type { RunRow } from '../ports/runs.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import {
  conflict,
  loadRun,
  noRun,
  noteInIncident,
  type RunDeps,
  type RunRequest,
  tellRun,
  valuesIn,
} from './deps.ts';
import { endAttempt } from './end-attempt.ts';

type Held = { readonly row: RunRow; readonly run: Run };

/** Holds the run as the asker saw it, and looks once more at their right. */
export async function holdRun(deps: RunDeps, tx: Transaction, request: RunRequest): Promise<Held> {
  const row = await deps.runs.lock(tx, request.runId);
  if (row === null) throw noRun(request.runId);
  await refuseLost(deps, tx, request.personId, 'respond');
  if (row.version !== request.version) throw await meanwhile(deps, tx, row);
  return { row, run: await loadRun(deps, tx, row) };
}

const didWords: Readonly<Record<string, string>> = {
  ticked: 'ticked',
  skipped: 'skipped',
  noted: 'noted something about',
  'handed-over': 'handed over',
  done: 'ended',
  abandoned: 'abandoned',
  begun: 'begun',
  approved: 'approved',
  rejected: 'rejected',
  cancelled: 'cancelled',
};

async function meanwhile(deps: RunDeps, tx: Transaction, row: RunRow): Promise<RepriseError> {
  const last = await deps.runs.lastAct(tx, row.id);
  const title = row.runbook.steps.find(({ id }) => id === last?.step)?.title;
  const what = title === undefined ? 'the run' : `“${title}”`;
  const who =
    last === null ? 'somebody has changed it' : `${last.by} has ${didWords[last.what] ?? 'changed'} ${what}`;
  return conflict(`Meanwhile ${who}, so nothing was done. Look at it as it is now, then do it again.`);
}

/** What the rules refuse, as whoever asks hears it. */
export function decided(row: RunRow, run: Run, command: RunCommand): RunEvent | null {
  const answer = decideRun(row.runbook, run, valuesIn(row), command);
  if (!isRefusal(answer)) return answer.event;
  if (answer.input === undefined) throw conflict(answer.refused);
  throw new RepriseError('input-invalid', answer.refused, { where: answer.input });
}

async function act(
  deps: RunDeps,
  request: RunRequest,
  command: RunCommand,
  before: (tx: Transaction, held: Held) => Promise<void> = async () => undefined,
): Promise<{ readonly version: number }> {
  return deps.unitOfWork.run(async (tx) => {
    const held = await holdRun(deps, tx, request);
    const event = decided(held.row, held.run, command);
    await before(tx, held);
    if (event === null || event.kind === 'attempt-moved' || event.kind === 'attempt-ended')
      throw new Error(`${command.kind} is no act of a person`);
    return { version: await keep(deps, tx, held.row, event, request.personId) };
  });
}

type Marked = Exclude<RunEvent, { readonly kind: 'attempt-moved' | 'attempt-ended' }>;

async function keep(
  deps: RunDeps,
  tx: Transaction,
  row: RunRow,
  event: Marked,
  personId: string,
): Promise<number> {
  const step = 'step' in event ? event.step : null;
  const text =
    'note' in event ? event.note : 'reason' in event ? event.reason : 'text' in event ? event.text : '';
  const to = event.kind === 'handed-over' ? event.to : null;
  const { kind } = event;
  await deps.runs.mark(tx, row.id, { kind, step, actor: personId, text, to });
  const version = await deps.runs.change(tx, row.id, {
    ...(kind === 'done' || kind === 'abandoned' ? { status: kind } : {}),
    ...(to === null ? {} : { leader: to }),
  });
  await deps.audit.append(tx, {
    actor: personId,
    action: `run.${kind}`,
    subject: `run:${row.id}`,
    outcome: 'done',
    // Words stand in the run alone.
    detail: { ...(step === null ? {} : { step }), ...(to === null ? {} : { to }) },
  });
  const title = row.runbook.steps.find(({ id }) => id === step)?.title;
  if (kind !== 'noted')
    await noteInIncident(deps, tx, row, {
      actor: personId,
      did: kind,
      text: [title, text].filter((part) => part !== undefined && part !== '').join(': '),
      detail: { ...(step === null ? {} : { step }), ...(to === null ? {} : { to }) },
    });
  await tellRun(deps, tx, row);
  return version;
}

/** What people do in a run by themselves. */
export function createRunActs(deps: RunDeps) {
  return {
    tick: ({ step, note, ...request }: RunRequest & { readonly step: string; readonly note: string }) =>
      act(deps, request, { kind: 'tick', step, note }),
    skip: ({ step, reason, ...request }: RunRequest & { readonly step: string; readonly reason: string }) =>
      act(deps, request, { kind: 'skip', step, reason }),
    note: ({
      step,
      text,
      ...request
    }: RunRequest & { readonly step: string | null; readonly text: string }) =>
      act(deps, request, { kind: 'note', step, text }),
    /** A note with what it is about. It stays for good. */
    attachFile: async ({
      step,
      name,
      content,
      text,
      ...request
    }: RunRequest & {
      readonly step: string;
      readonly name: string;
      readonly content: Uint8Array;
      readonly text: string;
    }) => {
      const file = toAttached({ name, content }, deps.sha256, { before: 0, of: 'a run' });
      const words = [`Attached ${file.name}`, text.trim()].filter((part) => part !== '').join(': ');
      return act(deps, request, { kind: 'note', step, text: words }, async (tx, { row }) => {
        const before = (await deps.runs.files(tx, row.id)).reduce((sum, { bytes }) => sum + bytes, 0);
        const attached = toAttached(file, deps.sha256, { before, of: 'a run' });
        await deps.runs.insertFile(tx, row.id, {
          ...attached,
          id: deps.newId(),
          step,
          addedBy: request.personId,
        });
      });
    },
    handOver: ({ to, text, ...request }: RunRequest & { readonly to: string; readonly text: string }) =>
      act(deps, request, { kind: 'hand-over', to, text }, async (tx) => {
        const standing = await deps.people.standing(tx, to);
        if (standing === null || standing.disabled || !mayDo(standing.roles, 'respond'))
          throw new RepriseError(
            'input-invalid',
            'This person may not respond to incidents: choose an operator or an approver.',
            { where: 'to' },
          );
      }),
    end: (request: RunRequest) => act(deps, request, { kind: 'end' }),
    /** What waits or is queued is called off with it. */
    abandon: ({ reason, ...request }: RunRequest & { readonly reason: string }) =>
      act(deps, request, { kind: 'abandon', reason }, async (tx, { row }) => {
        for (const { id, title, status } of await deps.attempts.of(tx, row.id)) {
          if (status !== 'awaiting-approval' && status !== 'queued') continue;
          // Held, and looked at once more: a worker may have taken it up since.
          const attempt = await deps.attempts.lock(tx, id);
          const waits = attempt?.status === 'awaiting-approval' || attempt?.status === 'queued';
          if (attempt === null || !waits || attempt.changingSince !== null)
            throw conflict(
              `“${title}” was taken up meanwhile: wait for its end, or cancel it, and then abandon the run.`,
            );
          await endAttempt(deps, tx, row, attempt, {
            status: 'cancelled',
            code: 'cancelled',
            sentence: 'It was called off before it began, with its run.',
            actor: request.personId,
          });
        }
      }),
  };
}
