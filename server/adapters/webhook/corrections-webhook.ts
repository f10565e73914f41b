import { z } from 'zod';
import type { CorrectionService } from '../../application/ports/corrections.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { askPinned, type PinnedService } from './pinned-json.ts';
import type { PostOptions } from './pinned-post.ts';

const refusal = z.object({ problem: z.string().max(500) });

/** Hands corrections to the service that owns a history, as docs/contracts.md has it. */
export function correctionsWebhook(
  given: Omit<PinnedService, 'name'> & { readonly service: string; readonly url: string },
  options: PostOptions = {},
): CorrectionService {
  const url = new URL(given.url);
  const name = `service ${given.service} at ${url.host}`;
  const ask = askPinned({ ...given, name }, options);
  return {
    name,
    publish: async (correction, signal) => {
      const { status, body } = await ask({
        url,
        signal,
        body: correction,
        idempotencyKey: correction.eventId,
      });
      if (status >= 200 && status < 300) return;
      const said = refusal.safeParse(body);
      const why = said.success ? `: ${said.data.problem}` : '';
      if (status >= 300 && status < 400)
        throw new RepriseError(
          'runbook-refused',
          `The ${name} answers ${status}, and redirects are not followed.`,
        );
      // Too slow, too early or too many: it may have been taken all the same.
      if (status >= 400 && status < 500 && status !== 408)
        throw new RepriseError('runbook-refused', `The ${name} refused the event with ${status}${why}.`);
      throw new Error(`The ${name} failed with ${status}${why}.`);
    },
  };
}
