import { z } from 'zod';
import { type ConsumerControl, consumerStates } from '../../application/ports/consumer-control.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { JsonAnswer } from '../json-request.ts';
import { askPinned } from './pinned-json.ts';
import type { PostOptions } from './pinned-post.ts';

export type ControlSettings = {
  readonly url: string;
  /** Never log it. */
  readonly token: string | null;
  /** Whether the address may be on this machine or in a private network. */
  readonly allowPrivate: boolean;
};

const answered = z.object({ state: z.enum(consumerStates) });
const refusal = z.object({ problem: z.string().max(500) });

/** Asks a webhook of whoever runs the consumers, as docs/consumer-control.md has it. */
export function controlWebhook(settings: ControlSettings, options: PostOptions = {}): ConsumerControl {
  const base = new URL(settings.url);
  const name = `the consumer control at ${base.host}`;

  const asking = askPinned(
    {
      name,
      token: settings.token,
      allowPrivate: settings.allowPrivate,
      settings: { url: 'CONSUMER_CONTROL_URL', allowPrivate: 'CONSUMER_CONTROL_PRIVATE' },
    },
    options,
  );

  const read = (service: string, { status, body }: JsonAnswer) => {
    const parsed = answered.safeParse(body);
    if (status >= 200 && status < 300 && parsed.success) return parsed.data.state;
    if (status >= 200 && status < 300)
      throw new Error(
        `${name} answered no state of ${service}: it has to be one of ${consumerStates.join(', ')}.`,
      );
    const said = refusal.safeParse(body);
    const why = said.success ? `: ${said.data.problem}` : '';
    if (status >= 300 && status < 400)
      throw new RepriseError('runbook-refused', `${name} answers ${status}, and redirects are not followed.`);
    // Too slow: it may have been taken all the same.
    if (status >= 400 && status < 500 && status !== 408)
      throw new RepriseError('runbook-refused', `${name} refused for ${service} with ${status}${why}.`);
    throw new Error(`${name} failed for ${service} with ${status}${why}.`);
  };

  return {
    name,
    state: async (service, signal) => {
      const url = new URL(base);
      url.searchParams.set('service', service);
      return read(service, await asking({ url, signal }));
    },
    act: async ({ service, do: order, attemptId }, signal) =>
      read(
        service,
        await asking({
          url: base,
          signal,
          body: { service, do: order, attemptId },
          idempotencyKey: attemptId,
        }),
      ),
  };
}
