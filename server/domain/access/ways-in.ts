/** How somebody proved who they are. */
export const signInMethods = ['password', 'issuer', 'passkey'] as const;
export type SignInMethod = (typeof signInMethods)[number];

/** What they showed besides, so that one thing alone that is lost or guessed lets nobody in. */
export const secondFactors = ['authenticator', 'recovery-code', 'issuer', 'passkey'] as const;
export type SecondFactor = (typeof secondFactors)[number];

/** What a sign-in that is not over yet waits for. */
export const signInSteps = ['second-factor', 'issuer', 'passkey'] as const;
export type SignInStepKind = (typeof signInSteps)[number];

/** How long a sign-in may take from one step to the next. */
/** After so long somebody is asked who they are once more, before they decide or give out rights. */
export const FRESH_MINUTES = 15;

/**
 * For so long after an issuer has said who somebody is, their tokens act for them. Nobody asks it in between: who has
 * left the company, and signs in no more, is forgotten by then.
 */
export const ISSUER_WORD_DAYS = 30;

export const STEP_SECONDS = 5 * 60;

export const RECOVERY_CODES = 10;
/** Base32 without padding (RFC 4648): 80 bits, which nobody guesses. */
const RECOVERY_LETTERS = 16;

export type GivenCode =
  | { readonly kind: 'digits'; readonly code: string }
  | { readonly kind: 'recovery'; readonly code: string };

/** What was typed as a code, without what people put between its parts; null where it can be neither kind. */
export function readCode(typed: string): GivenCode | null {
  const code = typed.replaceAll(/[\s-]/g, '').toLowerCase();
  if (/^\d{6}$/.test(code)) return { kind: 'digits', code };
  return code.length === RECOVERY_LETTERS && /^[a-z2-7]+$/.test(code) ? { kind: 'recovery', code } : null;
}

/** A recovery code as people read it off paper: four by four. */
export function writeRecoveryCode(code: string): string {
  return code.match(/.{1,4}/g)?.join('-') ?? code;
}
