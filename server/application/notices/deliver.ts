import {
  composeNotice,
  type NoticeKind,
  noticeChannels,
  pauseBeforeNextTry,
} from '../../domain/notice/index.ts';
import type { JobSender } from '../ports/jobs.ts';
import type { LiveNotifier } from '../ports/live.ts';
import type { Log } from '../ports/log.ts';
import type { NoticeSenders, NoticeStore, Sent, TakenDelivery } from '../ports/notices.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

export type DeliverDeps = {
  readonly unitOfWork: UnitOfWork;
  readonly notices: NoticeStore;
  readonly senders: NoticeSenders;
  readonly live: LiveNotifier;
  readonly log: Log;
  /** Of links: the address that people type, without a path. */
  readonly origin: string;
  /** Usually what the rules say; a test has no time for that. */
  readonly firstPauseMs?: number | undefined;
};

/** Longer than a sender ever takes: whoever holds a lease is sending, or has vanished. */
const LEASE_MS = 90_000;
const AT_ONCE = 100;
/** For how long a worker without a channel's settings leaves a notice to others. */
const ELSEWHERE_MS = 5_000;

/** Hands out what is due. A job is a hint: one that is lost is handed out again, and one that comes twice finds nothing. */
export async function handOutNotices(
  deps: Pick<DeliverDeps, 'unitOfWork' | 'notices'>,
  jobs: JobSender,
): Promise<number> {
  return deps.unitOfWork.run(async (tx) => {
    const due = await deps.notices.due(tx, AT_ONCE);
    await jobs.send(
      tx,
      due.map((deliveryId) => ({ kind: 'notice', deliveryId })),
    );
    return due.length;
  });
}

/** Says what is configured here, so that those who administer Reprise see what the workers know. */
export async function introduceChannels(
  deps: Pick<DeliverDeps, 'unitOfWork' | 'notices' | 'senders' | 'live'>,
): Promise<void> {
  await deps.unitOfWork.run(async (tx) => {
    for (const channel of noticeChannels) {
      const sender = deps.senders[channel];
      await deps.notices.noteChannel(tx, channel, {
        configured: sender !== null,
        target: sender?.target ?? '',
      });
    }
    await deps.live.notify(tx, 'notices');
  });
}

/**
 * Sends one delivery. It is taken in one transaction and settled in another, with the sending between them: whoever
 * vanishes meanwhile leaves a lease that runs out, and it is sent again under the same id.
 */
export async function deliverNotice(deps: DeliverDeps, deliveryId: string): Promise<void> {
  const found = await deps.unitOfWork.run(async (tx) => {
    const taken = await deps.notices.take(tx, deliveryId, LEASE_MS);
    return taken === null ? null : { taken, facts: await deps.notices.facts(tx, taken) };
  });
  if (found === null) return;
  const { taken, facts } = found;
  const sender = deps.senders[taken.channel];
  const drop = (why: string) => settle(deps, taken, { outcome: 'dropped', why });
  if (sender === null) {
    // This worker can't send it; another may.
    const left = await deps.unitOfWork.run((tx) => deps.notices.leaveToAnother(tx, taken, ELSEWHERE_MS));
    return left ? undefined : drop(`no ${taken.channel} is configured`);
  }
  if (facts === null) return drop(`the ${taken.subject.kind} is not known`);
  if (taken.person?.wanted === false) return drop('who it was for has turned e-mail off, or is disabled');
  if (asksForADecision.has(taken.kind) && !facts.waits) return drop('it does not wait for approval any more');
  const message = composeNotice(
    {
      ...facts,
      kind: taken.kind,
      subjectKind: taken.subject.kind,
      subjectId: taken.subject.id,
      why: taken.why,
    },
    deps.origin,
  );
  await settle(deps, taken, await sender.send({ id: taken.id, to: taken.person?.email ?? null, message }));
}

const asksForADecision: ReadonlySet<NoticeKind> = new Set(['waiting', 'taken-back', 'glass-begun']);

async function settle(
  deps: DeliverDeps,
  taken: TakenDelivery,
  outcome: Sent | { readonly outcome: 'dropped'; readonly why: string },
): Promise<void> {
  const { id, channel, tries, kind } = taken;
  await deps.unitOfWork.run(async (tx) => {
    switch (outcome.outcome) {
      case 'dropped':
        await deps.notices.settle(tx, id, 'dropped', outcome.why);
        break;
      case 'sent':
        await deps.notices.settle(tx, id, 'sent', null);
        await deps.notices.noteTry(tx, channel, null);
        break;
      case 'failed': {
        const pauseMs = pauseBeforeNextTry(tries, outcome.lasting, deps.firstPauseMs);
        const { problem } = outcome;
        await deps.notices.noteTry(tx, channel, problem);
        if (pauseMs === null) await deps.notices.settle(tx, id, 'given-up', problem);
        else await deps.notices.tryAgain(tx, id, problem, pauseMs);
        const fields = { deliveryId: id, channel, kind, tries, problem };
        if (pauseMs === null) deps.log.error(fields, 'a notice could not be delivered and is given up');
        else deps.log.warn({ ...fields, pauseMs }, 'a notice could not be delivered; it is tried again');
      }
    }
    await deps.live.notify(tx, 'notices');
  });
}
