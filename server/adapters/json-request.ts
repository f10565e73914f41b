import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';

export type JsonRequest = {
  readonly url: URL;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal: AbortSignal;
  /** PEM of the authority that signed the server's certificate; left out: those that Node trusts. */
  readonly ca?: string | undefined;
  readonly lookup?: LookupFunction;
  /** Of the answer, at most; a megabyte where it is left out. */
  readonly mostBytes?: number;
};

export type JsonAnswer = {
  readonly status: number;
  /** undefined: no JSON. */
  readonly body: unknown;
};

const MIB = 1 << 20;

class TooLong extends Error {
  override readonly name = 'TooLong';
}

/** Asks a server of the user's for JSON. Follows no redirect, keeps no connection, and reads no more than `mostBytes`. */
export function requestJson(asked: JsonRequest): Promise<JsonAnswer> {
  const { url, method, signal, ca, lookup, mostBytes = MIB } = asked;
  const text = asked.body === undefined ? null : JSON.stringify(asked.body);
  const { request } = url.protocol === 'https:' ? https : http;
  // What stands before the host goes in its own header, and in no log of a proxy.
  const target = new URL(url);
  target.username = '';
  target.password = '';
  return new Promise((done, failed) => {
    const sending = request(
      target,
      {
        method,
        // A connection of its own: one that is kept was made by another look at the name.
        agent: false,
        signal,
        ...(lookup === undefined ? {} : { lookup }),
        ...(ca === undefined ? {} : { ca }),
        headers: {
          accept: 'application/json',
          'user-agent': 'Reprise',
          ...(url.username === '' ? {} : { authorization: basic(url) }),
          ...asked.headers,
          ...(text === null
            ? {}
            : {
                'content-type': asked.contentType ?? 'application/json',
                'content-length': String(Buffer.byteLength(text)),
              }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= mostBytes) chunks.push(chunk);
          else response.destroy(new TooLong(`its answer is longer than ${mostBytes / MIB} MiB`));
        });
        response.on('error', failed);
        response.on('end', () =>
          done({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) }),
        );
      },
    );
    sending.on('error', failed);
    sending.end(text ?? undefined);
  });
}

function basic({ username, password }: URL): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What went wrong on the way, without the address, which may be a secret. */
export function whyUnanswered(error: unknown, signal: AbortSignal): string {
  if (error instanceof TooLong) return error.message;
  if (signal.aborted) return 'it did not answer in time';
  return error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
}
