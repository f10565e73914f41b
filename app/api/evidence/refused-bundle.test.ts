import { describe, expect, it } from 'vitest';
import { RepriseError } from '@/server/domain/shared/errors.ts';
import { refusedBundle } from './refused-bundle.ts';

describe('a bundle that there is not', () => {
  it('is to be asked for again where no checkpoint covers its record yet, which is no fault of the server', async () => {
    const answer = refusedBundle(new RepriseError('signing-failed', 'No checkpoint has been signed yet.'));
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toEqual({ error: 'No checkpoint has been signed yet.' });
  });

  it.each([
    ['evidence-not-found', 404],
    ['input-invalid', 400],
    ['evidence-log-rewritten', 500],
  ] as const)('is %s: %i', (code, status) => {
    const answer = refusedBundle(new RepriseError(code, 'why'));
    expect(answer.status).toBe(status);
    expect(answer.headers.get('retry-after')).toBeNull();
  });
});
