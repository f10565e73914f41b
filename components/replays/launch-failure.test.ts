import { TRPCClientError } from '@trpc/client';
import { describe, expect, it } from 'vitest';
import type { AppRouter } from '@/server/api/root.ts';
import { launchFailure } from './launch-failure.ts';

type Data = { code: string; httpStatus: number; reprise: { code: string; where: string | null } | null };

/** As the browser makes it of an answer. */
const answered = (data: Data) =>
  new TRPCClientError<AppRouter>('a sentence', {
    result: { error: { message: '', code: -32_000, data } } as never,
  });
/** Of no answer, or of one that is not of the procedures. */
const unanswered = (message: string) => new TRPCClientError<AppRouter>(message);

describe('a launch that failed', () => {
  it.each([
    ['the network', unanswered('Failed to fetch')],
    ['a page of a proxy', unanswered('Unexpected token < in JSON at position 0')],
    ['a server that broke', answered({ code: 'INTERNAL_SERVER_ERROR', httpStatus: 500, reprise: null })],
  ])('by %s may have been launched', (_by, error) => {
    expect(launchFailure(error)).toEqual({ kind: 'unknown' });
  });

  it.each([
    ['FORBIDDEN', 403, null],
    ['TOO_MANY_REQUESTS', 429, null],
    ['CONFLICT', 409, { code: 'replay-state-conflict', where: null }],
  ])('by the refusal %s was not', (code, httpStatus, reprise) => {
    expect(launchFailure(answered({ code, httpStatus, reprise }))).toEqual({ kind: 'refused' });
  });

  it('names the replay that has its id', () => {
    const reprise = { code: 'replay-id-taken', where: 'an-id' };
    expect(launchFailure(answered({ code: 'CONFLICT', httpStatus: 409, reprise }))).toEqual({
      kind: 'taken',
      replayId: 'an-id',
    });
  });
});
