import type { TRPCClientErrorLike } from '@trpc/client';
import type { AppRouter } from '@/server/api/root.ts';

/**
 * What a failed launch says of the replay: `refused` (there is none), `taken` (there is one of another plan, under the
 * id that was sent), or `unknown`: no answer came, or one of something in between, or of a server that broke, perhaps
 * after it had launched it.
 */
export type LaunchFailure =
  | { readonly kind: 'refused' | 'unknown' }
  | { readonly kind: 'taken'; readonly replayId: string };

export function launchFailure({ data }: Pick<TRPCClientErrorLike<AppRouter>, 'data'>): LaunchFailure {
  if (data?.httpStatus === undefined || data.httpStatus >= 500) return { kind: 'unknown' };
  if (data.reprise?.code === 'replay-id-taken' && data.reprise.where !== null)
    return { kind: 'taken', replayId: data.reprise.where };
  return { kind: 'refused' };
}
