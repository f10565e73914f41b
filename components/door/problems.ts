import type { IssuerProblem } from '@/server/application/ports/door.ts';

export type Problem = IssuerProblem | 'too-many' | 'no-answer';

/** Why a sign-in through the company came to nothing, and what to do. */
const sentences: Readonly<Record<Problem, (issuer: string) => string>> = {
  down: (issuer) => `${issuer} does not answer. Try again in a moment; who runs it may know more.`,
  refused: (issuer) => `${issuer} did not let you in, or you broke it off there.`,
  clock: (issuer) =>
    `The answer of ${issuer} was of another time. Sign in there anew; where that does not help, its clock and that of Reprise differ, which whoever administers Reprise here can see.`,
  'not-trusted': (issuer) =>
    `The answer did not stand up to being checked, so it may not be from ${issuer}. Start again; where it stays so, tell whoever administers Reprise here.`,
  disagrees: (issuer) =>
    `${issuer} and Reprise do not agree about how to talk to each other. Whoever administers Reprise here finds why in the audit.`,
  over: () => 'This took longer than five minutes, or was begun in another browser. Start again.',
  'no-verified-email': (issuer) =>
    `${issuer} says of no e-mail address of yours that it was verified. Have that done there, then sign in again.`,
  'address-taken': () =>
    'Your e-mail address belongs to somebody else here. Ask whoever administers Reprise here.',
  'shut-out': () => 'You may not sign in here. Ask whoever administers Reprise here.',
  failed: () => 'Reprise failed at this sign-in. Its log says why.',
  'too-many': () => 'Too many tries of late. Wait a minute, then try again.',
  'no-answer': () => 'Reprise does not answer. Is its web process running?',
};

export const problems = Object.keys(sentences);

/** What stands in an address or an answer, as one of the problems that there are. */
export function problemIn(text: string | null): Problem {
  const known = text !== null && Object.hasOwn(sentences, text);
  return known ? (text as Problem) : 'failed';
}

export function problemSentence(problem: Problem, issuer: string | null): string {
  return sentences[problem](issuer ?? 'The sign-in of your company');
}
