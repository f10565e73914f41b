import { counted, formatBytes, formatCount, formatDuration } from '@/components/ui/format-number.ts';
import { listOf } from '@/components/ui/words.ts';
import type { BlastRadius, ReplayDetail } from '@/server/application/views.ts';

export type BlastFigure = { readonly label: string; readonly value: string; readonly hint: string };

type Replay = Pick<ReplayDetail, 'rateLimit' | 'prediction' | 'plan'>;

const notKnown = 'not known';

/** What a plan would read and touch, each with where the figure is from. */
export function blastFigures(radius: BlastRadius, replay: Replay): readonly BlastFigure[] {
  return [
    {
      label: 'Partitions',
      value: `${formatCount(radius.partitions.read)} of ${formatCount(radius.partitions.of)}`,
      hint: 'From the plan.',
    },
    {
      label: 'Events',
      value: `about ${counted(BigInt(radius.events), 'event')}`,
      hint: 'From the plan: offsets between the starts and the ends of its ranges.',
    },
    { label: 'Read from the history', value: bytesWords(radius), hint: radius.bytes.basis },
    loadFigure(radius, replay),
    timeFigure(replay),
    keysFigure(radius),
    consumersFigure(radius),
    ...radius.rows.map(({ derivedState, rows }) => ({
      label: `Rows of ${derivedState}`,
      value: rows.value === null ? notKnown : `about ${formatCount(BigInt(rows.value))} read and compared`,
      hint: `${rows.basis} Nothing is written to it.`,
    })),
    {
      label: 'Behind the plan’s end now',
      value: radius.behind.value === null ? notKnown : counted(BigInt(radius.behind.value), 'offset'),
      hint: radius.behind.basis,
    },
  ];
}

function bytesWords({ bytes }: BlastRadius): string {
  return bytes.value === null ? notKnown : `about ${formatBytes(Number(bytes.value))}`;
}

function loadFigure({ bytes, events }: BlastRadius, { rateLimit }: Replay): BlastFigure {
  const label = 'Load while it reads';
  if (rateLimit === null)
    return {
      label,
      value: 'as fast as it goes',
      hint: 'No rate limit was asked for. An operator can set one while it runs.',
    };
  const records = `at most ${formatCount(rateLimit)} records/s`;
  const count = Number(events);
  if (bytes.value === null || count === 0)
    return { label, value: records, hint: 'The rate limit of the request, over all workers.' };
  const perSecond = (Number(bytes.value) / count) * rateLimit;
  return {
    label,
    value: `${records}, about ${formatBytes(perSecond)}/s`,
    hint: 'The rate limit of the request over all workers, times the size of an average record.',
  };
}

function timeFigure({ prediction }: Replay): BlastFigure {
  const seconds = prediction?.seconds ?? null;
  return {
    label: 'Time',
    value: seconds === null ? notKnown : `about ${formatDuration(seconds * 1000)}`,
    hint:
      prediction?.basis == null
        ? 'No replay of this contract has ended yet, and no rate limit was asked for.'
        : `From ${prediction.basis}.`,
  };
}

function keysFigure({ keys }: BlastRadius): BlastFigure {
  return {
    label: 'Keys',
    value: keys.value === null ? notKnown : `about ${counted(BigInt(keys.value), 'key')}`,
    hint: keys.basis,
  };
}

function consumersFigure({ consumers }: BlastRadius): BlastFigure {
  const hint = 'A replay joins no group, commits no offset and moves nobody’s position.';
  const named = consumers.flatMap(({ derivedState, group, onHistory }) =>
    group === null
      ? []
      : [
          `${group} (${derivedState}${onHistory === null ? ', whether it reads this history is not known' : onHistory ? '' : ', without commits on this history'})`,
        ],
  );
  if (named.length === 0)
    return {
      label: 'Consumers beside it',
      value: notKnown,
      hint: `No derived state names its group. ${hint}`,
    };
  return { label: 'Consumers beside it', value: listOf(named), hint };
}
