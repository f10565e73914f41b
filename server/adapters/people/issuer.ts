import * as oidc from 'openid-client';
import { z } from 'zod';
import type { IssuerProblem, IssuerWord } from '../../application/ports/door.ts';
import {
  type Claims,
  type ClaimValue,
  FRESH_MINUTES,
  type RoleRule,
  rolesOf,
  showsSecondFactor,
} from '../../domain/access/index.ts';

export type IssuerOptions = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly roles: readonly RoleRule[];
  readonly secondFactor: readonly ClaimValue[];
};

/** What has to be known again when the browser comes back. It is kept here, and never goes through the browser. */
const kept = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  anew: z.boolean(),
});
type Kept = z.infer<typeof kept>;
export type IssuerFailure = { readonly problem: IssuerProblem; readonly code: string };

export type Issuer = {
  readonly url: string;
  /** Where to send the browser. `anew`: the issuer has to ask who it is, also where it knows the browser. */
  begin(anew: boolean): Promise<{ readonly location: string; readonly kept: Kept } | IssuerFailure>;
  /** Looks at what the browser brought back, asks the issuer who it is, and checks every part of the answer. */
  finish(search: string, kept: unknown): Promise<IssuerWord | IssuerFailure>;
};

const TIMEOUT_SECONDS = 10;
/** Clocks of well-kept servers differ by less. */
const TOLERANCE_SECONDS = 30;
const ASK_AGAIN_MS = 60 * 60 * 1_000;
/** An issuer may know a browser for as long as a session lasts; where it is to ask anew, for as long as "of late" is. */
const MAX_AGE_SECONDS = { known: 12 * 60 * 60, anew: FRESH_MINUTES * 60 };
const maxAge = (anew: boolean) => (anew ? MAX_AGE_SECONDS.anew : MAX_AGE_SECONDS.known);

/**
 * One issuer, by OpenID Connect: authorization code with PKCE (RFC 7636), state and nonce. The signature of its answer
 * is checked with its own keys, although it came over TLS. `redirectUri` is exactly what the issuer was told.
 */
export function openIssuer(options: IssuerOptions, redirectUri: string): Issuer {
  const isPlain = options.issuer.startsWith('http:');
  let known: { readonly config: Promise<oidc.Configuration>; readonly atMs: number } | null = null;

  const discover = () =>
    oidc.discovery(
      new URL(options.issuer),
      options.clientId,
      { [oidc.clockTolerance]: TOLERANCE_SECONDS },
      authenticateBy(options.clientSecret),
      {
        timeout: TIMEOUT_SECONDS,
        execute: [oidc.enableNonRepudiationChecks, ...(isPlain ? [oidc.allowInsecureRequests] : [])],
      },
    );
  /** What the issuer says of itself; asked for again where it failed, and now and then. */
  const configuration = () => {
    if (known === null || Date.now() - known.atMs > ASK_AGAIN_MS) {
      const config = discover();
      known = { config, atMs: Date.now() };
      config.catch(() => {
        known = null;
      });
    }
    return known.config;
  };

  return {
    url: options.issuer,

    async begin(anew) {
      try {
        const config = await configuration();
        const step: Kept = {
          state: oidc.randomState(),
          nonce: oidc.randomNonce(),
          verifier: oidc.randomPKCECodeVerifier(),
          anew,
        };
        const strong = options.secondFactor.filter(({ claim }) => claim === 'acr');
        const location = oidc.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope: scopesFor(options.roles, config.serverMetadata().scopes_supported),
          state: step.state,
          nonce: step.nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(step.verifier),
          code_challenge_method: 'S256',
          // With it an issuer says when it asked (auth_time), where it keeps to the standard.
          max_age: String(maxAge(anew)),
          ...(anew ? { prompt: 'login' } : {}),
          ...(strong.length === 0 ? {} : { acr_values: strong.map(({ value }) => value).join(' ') }),
        });
        return { location: location.href, kept: step };
      } catch (error) {
        return failureOf(error);
      }
    },

    async finish(search, given) {
      const before = kept.safeParse(given);
      if (!before.success) return { problem: 'over', code: 'no-step' };
      const { state, nonce, verifier, anew } = before.data;
      try {
        const config = await configuration();
        const url = new URL(redirectUri);
        url.search = search;
        const tokens = await oidc.authorizationCodeGrant(config, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const said = tokens.claims();
        if (said === undefined) return { problem: 'not-trusted', code: 'no-id-token' };
        const agoSeconds = said.auth_time === undefined ? 0 : Date.now() / 1_000 - said.auth_time;
        if (agoSeconds > maxAge(anew) + TOLERANCE_SECONDS)
          return { problem: 'clock', code: 'asked-too-long-ago' };
        // Else it would count as "of late" for longer than it is.
        if (agoSeconds < -TOLERANCE_SECONDS) return { problem: 'clock', code: 'asked-in-the-future' };
        const more =
          config.serverMetadata().userinfo_endpoint === undefined
            ? {}
            : await oidc.fetchUserInfo(config, tokens.access_token, said.sub);
        // What is signed goes before what was asked for besides.
        return wordOf(options, { ...more, ...said });
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

function wordOf(options: IssuerOptions, claims: Claims & { readonly sub: string }): IssuerWord {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
  const { auth_time: askedAt } = claims;
  return {
    issuer: options.issuer,
    subject: claims.sub,
    email: text(claims.email),
    // Exactly true: an issuer that says nothing has verified nothing.
    emailVerified: claims.email_verified === true,
    name: text(claims.name) ?? text(claims.preferred_username),
    roles: rolesOf(options.roles, claims),
    secondFactor: showsSecondFactor(options.secondFactor, claims),
    // Not every issuer says when, and then it is not known. That it was told to ask anew proves nothing: the telling went
    // through the browser, where whoever sits before it can take it out (and a standard issuer is then silent about when).
    provenAt: typeof askedAt === 'number' ? new Date(askedAt * 1_000).toISOString() : null,
  };
}

/** As the issuer asks for it: in the body where it takes that, else by HTTP Basic, which is the default. */
function authenticateBy(secret: string): oidc.ClientAuth {
  const post = oidc.ClientSecretPost(secret);
  const basic = oidc.ClientSecretBasic(secret);
  return (server, client, body, headers) => {
    const takesPost = server.token_endpoint_auth_methods_supported?.includes('client_secret_post') === true;
    (takesPost ? post : basic)(server, client, body, headers);
  };
}

/** Some issuers give a claim only where the scope of its name is asked for. */
function scopesFor(rules: readonly RoleRule[], supported: readonly string[] | undefined): string {
  const own = rules.map(({ claim }) => claim).filter((claim) => supported?.includes(claim) === true);
  return [...new Set(['openid', 'email', 'profile', ...own])].join(' ');
}

const notTrusted = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_PARSE_ERROR',
]);

/** Sorts what went wrong. The code is the library's or the protocol's own, and holds nothing that was secret. */
function failureOf(error: unknown): IssuerFailure {
  if (error instanceof oidc.AuthorizationResponseError) {
    const isUnready = error.error === 'server_error' || error.error === 'temporarily_unavailable';
    return { problem: isUnready ? 'down' : 'refused', code: plain(error.error) };
  }
  if (error instanceof oidc.ResponseBodyError) {
    return { problem: error.status >= 500 ? 'down' : 'disagrees', code: plain(error.error) };
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') return { problem: 'clock', code };
  if (isAway(error)) return { problem: 'down', code: 'no-answer' };
  if (notTrusted.has(code)) return { problem: 'not-trusted', code };
  if (error instanceof oidc.WWWAuthenticateChallengeError) return { problem: 'disagrees', code: 'challenge' };
  if (code.startsWith('OAUTH_')) return { problem: 'disagrees', code };
  return { problem: 'failed', code: error instanceof Error ? plain(error.name) : 'unknown' };
}

function plain(text: string): string {
  return /^[\w-]{1,60}$/.test(text) ? text : 'other';
}

/** No answer at all, none in time, or one of a server that is out of order. */
function isAway(error: unknown): boolean {
  if (error instanceof Response) return error.status >= 500;
  if (!(error instanceof Error)) return false;
  if (error instanceof TypeError && error.message === 'fetch failed') return true;
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return true;
  return error.cause !== undefined && error.cause !== error && isAway(error.cause);
}
