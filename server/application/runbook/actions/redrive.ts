import { endedRedrive, notReprocessed } from '../../../domain/dead-letters/index.ts';
import { counted } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { hideWords } from '../../dashboard/masking.ts';
import { type AskDeps, insertRedrive, steerRedrive } from '../../dead-letters/redrive/ask.ts';
import { leftOutWords } from '../../dead-letters/redrive/choose.ts';
import { type Frozen, freezeRedrive, frozenSchema } from '../../dead-letters/redrive/freeze.ts';
import type { Redrive } from '../../ports/redrives.ts';
import type { Action, ActionContext, ActionResult, Preview, Stopped } from '../../ports/runbook-actions.ts';
import { own } from './effect.ts';

export type RedriveActionDeps = AskDeps & {
  /** Waits so long, or until the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
};

const LOOK_MS = 1_000;
const REFUSED_SHOWN = 20;

/** Sends dead letters again as a step of a runbook. What approves it are the approvals of the attempt. */
export function redriveAction(deps: RedriveActionDeps): Action<'redrive'> {
  return {
    async preview({ contract: contractId, state, cause, perSecond, atMost }): Promise<Preview> {
      const wanted = { contractId, state, groupId: cause, perSecond, atMost };
      const preview = await freezeRedrive(deps, wanted);
      const { frozen, chosen, refused, looked, isCut } = preview;
      const leftOut = leftOutWords(preview.leftOut);
      const again =
        refused.length === 0 ? '' : ` ${refused.length} of the ${looked} looked at would fail again.`;
      return {
        sentence: `Sends ${counted(chosen.length, 'dead letter')} of ${frozen.topic}${isCut ? ', the first of more,' : ''} to ${frozen.target}, at most ${perSecond} a second.${again}${preview.intoHistory ? ' Each stands once more in the history then.' : ''}${leftOut === null ? '' : ` ${leftOut}`}`,
        shown:
          refused.length === 0
            ? []
            : [
                {
                  kind: 'table',
                  title: 'Would fail again',
                  columns: ['Partition/offset', 'Why'],
                  // What is kept with an attempt is seen by everybody: a schema's words may quote a value.
                  rows: refused
                    .slice(0, REFUSED_SHOWN)
                    .map(({ place, sentence }) => [place, hideWords(sentence)]),
                },
              ],
        frozen,
      };
    },

    async perform({ cause: groupId }, approved, context): Promise<ActionResult> {
      const frozen = frozenSchema.parse(approved);
      const redriveId = await begin(deps, frozen, context);
      const ended = await follow(deps, redriveId, context);
      const { counts, letters, status, problem } = ended;
      const failed = notReprocessed(counts);
      const sent = letters - counts.waiting - counts.gone;
      const of = { ...ended, groupId };
      const left = await deps.unitOfWork.run((tx) => deps.reads.remaining(tx, of));
      const found = `${counts.reprocessed} of ${counted(letters, 'dead letter')} ${counts.reprocessed === 1 ? 'was' : 'were'} reprocessed${failed === 0 ? '' : `, ${counts.failed} failed, ${counts.unknown} not known${counts.unseen === 0 ? '' : `, ${counts.unseen} sent and never seen reprocessed`}, ${counts.gone} gone`}.${problem === null ? '' : ` ${problem}`}${left === 0 ? '' : ` ${left} of its choice ${left === 1 ? 'stands' : 'stand'} there still.`}`;
      // Only what was reprocessed is done: sent is not enough.
      const isDone = status === 'done' && counts.reprocessed === letters;
      return {
        ...(isDone ? {} : { failed: true }),
        sentence: isDone ? found : `It ${status === 'done' ? 'ended' : `was ${status}`}: ${found}`,
        outputs: { redriveId, chosen: letters, sent, reprocessed: counts.reprocessed, failed, left },
        shown: [],
        links: [{ title: 'The redrive', href: `/dead-letters/redrives/${redriveId}` }],
      };
    },
  };
}

/**
 * The letters that were approved, by their places; refused where one of them stands there no more. What the attempt has
 * begun already, by a worker that ended, goes on.
 */
async function begin(
  deps: AskDeps,
  frozen: Frozen,
  { attemptId, personId, runId, ...context }: ActionContext,
): Promise<string> {
  const known = await deps.unitOfWork.run((tx) => deps.redrives.ofAttempt(tx, attemptId));
  if (known !== null) {
    context.say(`Redrive ${known.id} goes on.`);
    return known.id;
  }
  const letters = frozen.letters.map((each) => {
    const [partition = '', offset = ''] = each.split('/');
    const { topic, identity } = frozen;
    return { topic, identity, partition: Number(partition), offset };
  });
  const now = await freezeRedrive(deps, {
    contractId: frozen.contract,
    state: frozen.state,
    letters,
    perSecond: frozen.perSecond,
    atMost: letters.length,
  }).catch((error: unknown) => {
    if (error instanceof RepriseError && (error.code === 'dead-letter-not-found' || isConflict(error)))
      throw new RepriseError('runbook-overtaken', error.message);
    throw error;
  });
  if (now.frozen.identity !== frozen.identity || now.frozen.target !== frozen.target)
    throw new RepriseError(
      'runbook-overtaken',
      'The topic, or where its letters are sent, is another by now.',
    );
  if (frozen.version !== undefined && now.frozen.version !== frozen.version)
    throw new RepriseError(
      'runbook-overtaken',
      `It was approved by version ${frozen.version} of ${frozen.contract}, which has version ${now.frozen.version} by now.`,
    );
  if (now.taken > 0)
    throw new RepriseError(
      'runbook-overtaken',
      `The events of ${counted(now.taken, 'letter')} of these were reprocessed by another redrive since, or one holds them.`,
    );
  const asked = { actor: personId, reason: `A step of runbook run ${runId}.` };
  const { redriveId } = await own(context, () =>
    insertRedrive(deps, frozen, now.chosen, { by: 'attempt', attemptId }, asked),
  ).catch((error: unknown) => {
    if (isConflict(error)) throw new RepriseError('runbook-overtaken', error.message);
    throw error;
  });
  context.say(`Redrive ${redriveId} begins.`);
  return redriveId;
}

const isConflict = (error: unknown): error is RepriseError =>
  error instanceof RepriseError && error.code === 'redrive-conflict';

/**
 * Until it has ended. Where the attempt is called off, or its time is over, so is what was not sent yet; where another
 * worker goes on with it, it goes on too.
 */
async function follow(deps: RedriveActionDeps, redriveId: string, context: ActionContext): Promise<Redrive> {
  let told = -1;
  for (;;) {
    const found = await deps.unitOfWork.run((tx) => deps.redrives.find(tx, redriveId));
    if (found === null) throw new RepriseError('redrive-not-found', `There is no redrive ${redriveId}.`);
    const { counts, letters, status } = found;
    const settled = counts.reprocessed + notReprocessed(counts);
    if (settled !== told) context.say(`${counts.reprocessed} of ${letters} reprocessed, ${settled} settled.`);
    told = settled;
    if (endedRedrive(status)) return found;
    if (context.signal.aborted) {
      const why = context.signal.reason as Stopped;
      if (why === 'lost' || why === 'shutdown') context.signal.throwIfAborted();
      // Reprise does it, since whoever asked may have lost the right. It may end by itself meanwhile, which is seen next.
      await steerRedrive(deps, { redriveId, move: 'cancel', actor: 'reprise' }).catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
      continue;
    }
    await deps.pause(LOOK_MS, context.signal);
  }
}
