import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

/** Somebody at the issuer, and what it says about them. */
export type Account = {
  readonly subject: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name?: string;
  readonly groups?: readonly string[];
  readonly amr?: readonly string[];
};

export type TestIssuer = {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in next at its own page; null: they refuse. */
  next: Account | null;
  /** Its clock, beside the one of this machine. */
  clockOffsetMs: number;
  /** Stands for somebody in between who answers in its place: what goes out for this path. */
  replaceAnswer: { readonly path: string; readonly status: number; readonly body: unknown } | null;
  /** The paths that were asked for, with their queries. */
  readonly asked: string[];
  stop(): Promise<void>;
};

/** A real issuer (oidc-provider) on a free port of this machine, whose sign-in page is a decision made beforehand. */
export async function startIssuer(redirectUri: string): Promise<TestIssuer> {
  const client = { client_id: 'reprise', client_secret: randomBytes(24).toString('hex') };
  const accounts = new Map<string, Account>();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: TestIssuer = {
    url,
    clientId: client.client_id,
    clientSecret: client.client_secret,
    next: null,
    clockOffsetMs: 0,
    replaceAnswer: null,
    asked: [],
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const provider = new Provider(url, configuration(client, redirectUri, accounts));
  const answer = provider.callback();
  const atIssuer = shiftClockWithin(() => issuer.clockOffsetMs);
  server.on('request', (request, response) => {
    const path = new URL(request.url ?? '/', url).pathname;
    issuer.asked.push(request.url ?? '');
    const { replaceAnswer, next } = issuer;
    if (replaceAnswer?.path === path) {
      response.writeHead(replaceAnswer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(replaceAnswer.body));
    } else if (path.startsWith('/interaction/')) {
      if (next !== null) accounts.set(next.subject, next);
      const decided =
        next === null
          ? { error: 'access_denied' }
          : { login: { accountId: next.subject, amr: [...(next.amr ?? ['pwd'])] } };
      void atIssuer(() => provider.interactionFinished(request, response, decided));
    } else void atIssuer(() => answer(request, response));
  });
  return issuer;
}

function configuration(
  client: { readonly client_id: string; readonly client_secret: string },
  redirectUri: string,
  accounts: ReadonlyMap<string, Account>,
): Configuration {
  return {
    clients: [{ ...client, redirect_uris: [redirectUri], grant_types: ['authorization_code'] }],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: {
      openid: ['sub', 'amr'],
      email: ['email', 'email_verified'],
      profile: ['name'],
      groups: ['groups'],
    },
    scopes: ['openid', 'email', 'profile', 'groups'],
    findAccount: (_ctx, subject) => {
      const account = accounts.get(subject);
      return account === undefined
        ? undefined
        : {
            accountId: subject,
            claims: () => ({
              sub: subject,
              email: account.email,
              email_verified: account.emailVerified,
              name: account.name,
              groups: account.groups,
            }),
          };
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    // Everybody has agreed to everything: it is Reprise's side that is looked at.
    loadExistingGrant: async (ctx) => {
      const { client: asking, session, provider } = ctx.oidc;
      if (asking === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: asking.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email profile groups');
      await grant.save();
      return grant;
    },
  };
}

/** Runs work by another clock than everybody else in this process has. */
function shiftClockWithin(offsetMs: () => number): <T>(work: () => T) => T {
  const shifted = new AsyncLocalStorage<true>();
  const now = Date.now.bind(Date);
  Date.now = () => now() + (shifted.getStore() === true ? offsetMs() : 0);
  return (work) => shifted.run(true, work);
}
