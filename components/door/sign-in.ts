/** Tries to sign in. Answers null where it went well, else why not. */
export async function signIn(email: string, password: string): Promise<string | null> {
  try {
    const response = await fetch('/api/auth/sign-in/email', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: email.trim(), password }),
    });
    if (response.ok) return null;
    if (response.status === 429)
      return 'Too many tries of late. Wait a minute; after ten wrong passwords, a quarter of an hour.';
    const answer: unknown = await response.json().catch(() => null);
    return sentenceIn(answer) ?? `Reprise answered ${response.status}. Its log says why.`;
  } catch {
    return 'Reprise does not answer. Is its web process running?';
  }
}

function sentenceIn(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('message' in answer)) return null;
  return typeof answer.message === 'string' && answer.message !== '' ? answer.message : null;
}
