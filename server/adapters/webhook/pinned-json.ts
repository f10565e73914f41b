import { lookup } from 'node:dns/promises';
import { RepriseError } from '../../domain/shared/errors.ts';
import { type JsonAnswer, requestJson, whyUnanswered } from '../json-request.ts';
import { type PostOptions, pin, toPinned } from './pinned-post.ts';

export type PinnedService = {
  /** As sentences name it: without its path, which may be a secret. */
  readonly name: string;
  /** Never log it. */
  readonly token: string | null;
  /** Whether the address may be on this machine or in a private network. */
  readonly allowPrivate: boolean;
  /** Settings that hold its address and `allowPrivate`. */
  readonly settings: { readonly url: string; readonly allowPrivate: string };
};

export type PinnedRequest = {
  readonly url: URL;
  readonly signal: AbortSignal;
  /** Left out: it is only looked at. */
  readonly body?: unknown;
  readonly idempotencyKey?: string;
};

/** Asks a service at what its name resolves to, once; redirects are not followed. */
export function askPinned(
  { name, token, allowPrivate, settings }: PinnedService,
  { resolve = (host) => lookup(host, { all: true }), boundMs = 30_000 }: PostOptions,
): (asked: PinnedRequest) => Promise<JsonAnswer> {
  return async ({ url, signal, body, idempotencyKey }) => {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(boundMs)]);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    try {
      const pinned = await pin(host, allowPrivate, resolve, bound);
      if ('problem' in pinned)
        throw new RepriseError('runbook-refused', `${pinned.problem} (${settings.allowPrivate}).`, {
          where: settings.url,
        });
      return await requestJson({
        url,
        method: body === undefined ? 'GET' : 'POST',
        body,
        signal: bound,
        lookup: toPinned(pinned),
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
      });
    } catch (error) {
      if (error instanceof RepriseError) throw error;
      throw new Error(`${name} could not be asked: ${whyUnanswered(error, bound)}.`, { cause: error });
    }
  };
}
