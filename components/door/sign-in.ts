import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';
import { type Problem, problemIn } from './problems.ts';

export type Answered =
  | { readonly kind: 'in' }
  /** The password was right, and a code is asked for. */
  | { readonly kind: 'code' }
  /** What was begun is over. */
  | { readonly kind: 'start'; readonly sentence: string }
  | { readonly kind: 'refused'; readonly sentence: string };

export function signIn(email: string, password: string): Promise<Answered> {
  return ask('/api/auth/sign-in/email', { email: email.trim(), password });
}

/** The second step, of the sign-in that this browser has begun. */
export function giveCode(code: string): Promise<Answered> {
  return ask('/api/auth/sign-in/code', { code });
}

/**
 * Goes to the company's own sign-in. `anew`: it asks who it is also where it knows this browser. Answers only where
 * it could not be asked.
 */
export async function goToIssuer(next: string, anew: boolean): Promise<Problem> {
  try {
    const response = await fetch('/api/auth/issuer', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ next, anew }),
    });
    const answer: unknown = await response.json().catch(() => null);
    const location = textIn(answer, 'location');
    if (!response.ok || location === null)
      return response.status === 429 ? 'too-many' : problemIn(textIn(answer, 'problem'));
    window.location.assign(location);
    return await new Promise(() => undefined);
  } catch {
    return 'no-answer';
  }
}

/** What to ask the browser for; a sentence where that could not be had. */
export async function askForPasskey(): Promise<PublicKeyCredentialRequestOptionsJSON | string> {
  try {
    const response = await fetch('/api/auth/passkey/options', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    const answer: unknown = await response.json().catch(() => null);
    const options = optionsIn(answer);
    return options ?? textIn(answer, 'message') ?? `Reprise answered ${response.status}. Its log says why.`;
  } catch {
    return 'Reprise does not answer. Is its web process running?';
  }
}

function optionsIn(answer: unknown): PublicKeyCredentialRequestOptionsJSON | null {
  if (typeof answer !== 'object' || answer === null || !('options' in answer)) return null;
  const { options } = answer;
  const isWhole = typeof options === 'object' && options !== null && 'challenge' in options;
  return isWhole ? (options as PublicKeyCredentialRequestOptionsJSON) : null;
}

export function givePasskey(answer: AuthenticationResponseJSON): Promise<Answered> {
  return ask('/api/auth/passkey', answer);
}

async function ask(door: string, body: object): Promise<Answered> {
  try {
    const response = await fetch(door, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json().catch(() => null);
    const next = textIn(answer, 'next');
    if (response.ok) return { kind: next === 'second-factor' ? 'code' : 'in' };
    const sentence = textIn(answer, 'message') ?? `Reprise answered ${response.status}. Its log says why.`;
    return { kind: next === 'start' ? 'start' : 'refused', sentence };
  } catch {
    return { kind: 'refused', sentence: 'Reprise does not answer. Is its web process running?' };
  }
}

function textIn(answer: unknown, name: 'next' | 'message' | 'location' | 'problem'): string | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const value: unknown = Reflect.get(answer, name);
  return typeof value === 'string' && value !== '' ? value : null;
}
