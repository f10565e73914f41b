import { counted, grouped } from '../../../domain/shared/counted.ts';
import type { ReplayDetail } from '../../views.ts';

type Told = Pick<
  ReplayDetail,
  'eventsProcessed' | 'confidence' | 'confidenceReasons' | 'agreement' | 'discrepancies' | 'counters'
>;

/** The verdicts, and what they do not show: a record that comes too late is no reason to trust a replay less. */
export function replayInWords(replay: Told): string {
  const { eventsProcessed, confidence, confidenceReasons, agreement, discrepancies, counters } = replay;
  const why = confidenceReasons.length === 0 ? '' : ` (${confidenceReasons.join(', ')})`;
  const differing = discrepancies === null ? '' : `, ${counted(discrepancies, 'key')} with a difference`;
  const { duplicates, quarantined, outOfOrder, erased } = counters;
  const noted = [
    [quarantined, 'could not be read and is set aside', 'could not be read and are set aside'],
    [outOfOrder, 'is out of order', 'are out of order'],
    [erased, 'holds what was erased', 'hold what was erased'],
    [duplicates, 'was a repetition', 'were repetitions'],
  ] as const;
  const said = noted.flatMap(([count, one, many]) =>
    count === 0 ? [] : [`${grouped(count)} ${count === 1 ? one : many}`],
  );
  const left = said.length === 0 ? '' : ` Of these ${said.join(', ')}.`;
  return `Replayed ${counted(eventsProcessed, 'event')}: ${confidence ?? 'no verdict'}${why}, ${agreement ?? 'not compared'}${differing}.${left}`;
}
