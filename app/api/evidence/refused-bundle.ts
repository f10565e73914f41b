import type { RepriseError } from '@/server/domain/shared/errors.ts';

const statuses: Readonly<Record<string, number>> = {
  'evidence-not-found': 404,
  'input-invalid': 400,
  // No worker has signed a checkpoint over it yet: nothing is broken, and whoever asks again gets it.
  'signing-failed': 503,
};
const AGAIN_SECONDS = 30;

export const statusOfRefusal = ({ code }: Pick<RepriseError, 'code'>) => statuses[code] ?? 500;

/** Why there is no bundle, for programs too: what only has to be asked for again is no fault of the server's. */
export function refusedBundle(error: Pick<RepriseError, 'code' | 'message'>): Response {
  const status = statusOfRefusal(error);
  return Response.json(
    { error: error.message },
    {
      status,
      headers: {
        'cache-control': 'no-store',
        ...(status === 503 ? { 'retry-after': String(AGAIN_SECONDS) } : {}),
      },
    },
  );
}
