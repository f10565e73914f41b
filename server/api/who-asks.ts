import { TRPCError } from '@trpc/server';

/** What a call hears whose asker could not be looked up: it is told apart from a call that failed. */
export function whoAsksUnknown(cause: unknown): TRPCError {
  return new TRPCError({
    code: 'SERVICE_UNAVAILABLE',
    message:
      'Who asks could not be looked up, as while the database can not be reached. Nothing was done; try again in a moment.',
    cause,
  });
}
