import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Sent } from '../../application/ports/notices.ts';
import { isPublic } from './public-address.ts';

export type WebhookSettings = {
  /** Its path is a secret with most receivers: never log it. */
  readonly url: string;
  readonly hosts: readonly string[];
  /** Whether addresses of this machine and of private networks are allowed. */
  readonly allowPrivate: boolean;
};

type Address = { readonly address: string; readonly family: number };
export type PostOptions = {
  readonly resolve?: (host: string) => Promise<readonly Address[]>;
  readonly boundMs?: number;
};

/** What is posted. `id` is the same for every try. */
export type Post = { readonly id: string; readonly body: string; readonly contentType: string };

/**
 * Posts to one address. The name is resolved once and what it resolves to is looked at and then connected to, so that
 * a name that answers otherwise a moment later gains nothing. Nothing of the answer is read but its status.
 */
export function openPost(
  settings: WebhookSettings,
  { resolve = (host) => lookup(host, { all: true }), boundMs = 10_000 }: PostOptions = {},
): (what: Post) => Promise<Sent> {
  const url = new URL(settings.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return async (what) => {
    if (!settings.hosts.includes(url.hostname))
      return fail(`${url.hostname} is not among the allowed hosts`, true);
    const signal = AbortSignal.timeout(boundMs);
    try {
      const pinned = await pin(host, settings.allowPrivate, resolve, signal);
      if ('problem' in pinned) return fail(pinned.problem, pinned.lasting);
      return judge(url.host, await post(url, pinned, what, signal));
    } catch (error) {
      if (signal.aborted) return fail(`${url.host} did not answer within ${boundMs / 1000} s`, false);
      return fail(`${url.host} can't be reached (${codeOf(error)})`, false);
    }
  };
}

/** What a name resolves to, once, where it may be connected to; or why not. */
export async function pin(
  host: string,
  allowPrivate: boolean,
  resolve: NonNullable<PostOptions['resolve']>,
  signal: AbortSignal,
): Promise<Address | { readonly problem: string; readonly lasting: boolean }> {
  const found = isIP(host) === 0 ? await orAborted(resolve(host), signal) : [toAddress(host)];
  const [pinned] = found;
  if (pinned === undefined) return { problem: `${host} has no address`, lasting: false };
  if (allowPrivate || found.every(({ address }) => isPublic(address))) return pinned;
  return {
    problem: `${host} leads to this machine or into a private network, which is not allowed`,
    lasting: true,
  };
}

const fail = (problem: string, lasting: boolean): Sent => ({ outcome: 'failed', problem, lasting });
const toAddress = (address: string): Address => ({ address, family: isIP(address) });

/** Too early, too many, or too slow: the same may be taken later. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

function judge(host: string, status: number): Sent {
  if (status >= 200 && status < 300) return { outcome: 'sent' };
  if (status >= 300 && status < 400)
    return fail(`${host} answers ${status}, and redirects are not followed`, true);
  return fail(`${host} answers ${status}`, status < 500 && !passing.has(status));
}

/** A look-up that answers what was looked at before, whatever the name means by now. */
export const toPinned =
  (pinned: Address): LookupFunction =>
  (_host, options, answer) =>
    options.all === true ? answer(null, [{ ...pinned }]) : answer(null, pinned.address, pinned.family);

function post(
  url: URL,
  pinned: Address,
  { id, body, contentType }: Post,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((done, failed) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const sending = request(
      url,
      {
        method: 'POST',
        // A connection of its own: one that is kept was made by another look at the name.
        agent: false,
        lookup: toPinned(pinned),
        signal,
        headers: {
          'content-type': `${contentType}; charset=utf-8`,
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Reprise',
          'idempotency-key': id,
        },
      },
      (response) => {
        // However much more there is, nobody reads it.
        response.on('error', () => undefined);
        response.destroy();
        done(response.statusCode ?? 0);
      },
    );
    sending.on('error', failed);
    sending.end(body);
  });
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, failed) => {
    signal.addEventListener('abort', () => failed(signal.reason), { once: true });
    work.then(done, failed);
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
}
