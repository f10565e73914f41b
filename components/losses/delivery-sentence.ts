import type { DeliveryView } from '@/server/application/ports/delivery-pages.ts';
import { counted, formatCount, formatDuration } from '../ui/format-number.ts';
import type { Tone } from '../ui/tone.ts';

const PARTITIONS_NAMED = 8;
const BLIND_NAMED = 4;
const catchesUp = 'It goes on by itself; where the figure grows, add a worker or look at its log.';

/** That losses are not judged up to now, since when, why, and what to do; null where they are. */
export function unjudgedSentence({
  title,
  history,
  outbox,
}: DeliveryView): { readonly sentence: string; readonly why: string; readonly next: string } | null {
  const unjudged = outbox?.unjudged ?? null;
  if (unjudged === null) return null;
  const { cause, forMs, waiting, records, partitions } = unjudged;
  const count = BigInt(records);
  const named =
    partitions.length > PARTITIONS_NAMED
      ? `${formatCount(partitions.length)} partitions`
      : `partition${partitions.length === 1 ? '' : 's'} ${partitions.join(', ')}`;
  const sentence = `Whether events of ${title} are lost has not been judged for ${formatDuration(forMs)}: ${waiting === 0 ? 'no event' : counted(waiting, 'sent event')} ${waiting > 1 ? 'wait' : 'waits'} for it.`;
  if (cause === 'catching-up')
    return {
      sentence,
      why: `The audit is ${counted(count, 'record')} behind in ${named} of ${history}, and what is missed may stand there.`,
      next: catchesUp,
    };
  return {
    sentence,
    why: `An open transaction keeps back ${count === 0n ? 'what was written after it began' : counted(count, 'record')} in ${named} of ${history}.`,
    next: 'It is judged once that transaction ends. Look for a producer or session that hangs: kafka-transactions.sh find-hanging, or pg_stat_activity of an event table.',
  };
}

type Sentence = { readonly tone: Tone; readonly sentence: string; readonly next: string | null };

/** The verdict on one contract's deliveries, the worst first, and what to do about it. */
export function deliverySentence(view: DeliveryView): Sentence {
  const { month, missed, title } = view;
  if (!view.wanted)
    return { tone: 'unknown', sentence: `${title} asks for no audit of its deliveries.`, next: null };
  if (view.problem !== null)
    return {
      tone: 'unknown',
      sentence: `The deliveries of ${title} can not be audited now.`,
      next: view.problem,
    };
  if (view.auditedAt === null)
    return {
      tone: 'unknown',
      sentence: `The deliveries of ${title} have not been audited yet.`,
      next: 'A worker begins within seconds; where none runs, start one.',
    };
  if (missed.count > 0)
    return {
      tone: 'failed',
      sentence: `${counted(missed.count, 'event')} of ${title} ${missed.count === 1 ? 'was' : 'were'} sent and ${missed.count === 1 ? 'has' : 'have'} not arrived.`,
      next: 'Look at what carries the outbox to the topic, and publish these rows again under their ids.',
    };
  if (month.conflicting > 0)
    return {
      tone: 'different',
      sentence: `${counted(month.conflicting, 'event')} of ${title} ${month.conflicting === 1 ? 'was' : 'were'} delivered twice with different contents this month.`,
      next: 'Only one of two contents can be right: find out which of the writers wrote the other.',
    };
  if (month.missing > 0 || month.undecodable > 0 || month.withoutId > 0)
    return {
      tone: 'different',
      sentence: `Not every record of ${title} could be audited this month.`,
      next: 'What is missing, can not be decoded or has no id is listed below.',
    };
  const notUpToNow = notUpToNowSentence(view);
  if (notUpToNow !== null) return notUpToNow;
  const unjudged = unjudgedSentence(view);
  if (unjudged !== null)
    return {
      tone: 'unknown',
      sentence: unjudged.sentence,
      next: `${unjudged.why} ${unjudged.next}`,
    };
  const duplicates =
    month.redelivered === 0
      ? 'no duplicate'
      : `${counted(month.redelivered, 'redelivery', 'redeliveries')} of the same content`;
  const losses = view.outbox === null ? '' : ' and no lost event';
  return { tone: 'verified', sentence: `${title} has ${duplicates}${losses} this month.`, next: null };
}

/** Why nothing is said of now, though nothing bad is known: no sentence is green over what nobody looks at. */
function notUpToNowSentence({
  title,
  history,
  stale,
  outboxProblem,
  readsLate,
  behind,
}: DeliveryView): Sentence | null {
  if (stale)
    return {
      tone: 'unknown',
      sentence: `Nobody audits the deliveries of ${title} now.`,
      next: 'What stands here is as old as it says. Start a worker, or look at the log of those that run.',
    };
  if (outboxProblem !== null)
    return {
      tone: 'unknown',
      sentence: `Whether events of ${title} are lost can not be told now.`,
      next: outboxProblem,
    };
  if (readsLate)
    return {
      tone: 'unknown',
      sentence: `The audit of ${title} is ${counted(BigInt(behind), 'record')} behind in ${history}.`,
      next: catchesUp,
    };
  return null;
}

const worst: readonly Tone[] = ['failed', 'different', 'unknown', 'verified', 'accent'];

/** The contract that is worst off of those that are audited; null: none is. The page shows it, as its sentence says. */
export function worstOf(views: readonly DeliveryView[]): DeliveryView | null {
  const place = (view: DeliveryView) => worst.indexOf(deliverySentence(view).tone);
  return views.filter((view) => view.wanted).toSorted((a, b) => place(a) - place(b))[0] ?? null;
}

/** One sentence for all: that of the contract that is worst off. */
export function overallSentence(views: readonly DeliveryView[]): Sentence {
  const wanted = views.filter((view) => view.wanted);
  const worstOff = worstOf(views);
  if (worstOff === null)
    return {
      tone: 'unknown',
      sentence: 'No contract asks for an audit of its deliveries.',
      next: 'Duplicates are looked for as soon as a contract has a budget of them.',
    };
  const first = deliverySentence(worstOff);
  if (first.tone !== 'verified' || wanted.length === 1) return first;
  const blind = wanted.filter(({ outbox }) => outbox === null).map(({ title }) => title);
  const withOutbox = wanted.length - blind.length;
  const all = counted(wanted.length, 'contract');
  if (blind.length === 0)
    return {
      tone: 'verified',
      sentence: `No event is lost, and no duplicate conflicts, in ${all} this month.`,
      next: null,
    };
  return {
    tone: 'verified',
    sentence: `No duplicate conflicts in ${all} this month${withOutbox === 0 ? '' : `, and no event is lost in ${withOutbox} of them`}.`,
    next: `Of what was lost nothing can be said in ${blind.length > BLIND_NAMED ? `${blind.length} of them` : blind.join(', ')}: no outbox is read there.`,
  };
}
