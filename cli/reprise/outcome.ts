import type { ReplayDetail } from '../../server/application/views.ts';

/** What a command's exit code says. */
export const exitCodes = {
  /** Done, trusted and in agreement. */
  good: 0,
  /** It could not be done, or is not done yet; the reason is on stderr. */
  notDone: 1,
  /** Done, but not trusted or not in agreement; behind counts as this. */
  notGood: 2,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

type Ended = Pick<ReplayDetail, 'status' | 'confidence' | 'agreement'>;

/** The exit code of a replay that has ended. One that ended without an answer could not be done. */
export function replayExitCode(replay: Ended): ExitCode {
  if (replay.status !== 'finished') return exitCodes.notDone;
  return replay.confidence === 'trusted' && replay.agreement === 'equal' ? exitCodes.good : exitCodes.notGood;
}
