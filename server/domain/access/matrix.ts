/** The roles, and what each may do. Deny by default: a procedure without a policy can't be built. */
export const roles = ['viewer', 'operator', 'approver', 'auditor', 'admin'] as const;
export type Role = (typeof roles)[number];

/**
 * What a procedure does, in the words of the matrix. `enter` is what somebody may do who has not signed in, and
 * `account` what everybody may do about themselves. `evidence` is a record's own bytes, and what was said in words.
 */
export const rights = [
  'enter',
  'account',
  'read',
  'values',
  'replay',
  'promote',
  'approve',
  'break-glass',
  'review',
  'respond',
  'sign-review',
  'evidence',
  'audit',
  'people',
] as const;
export type Right = (typeof rights)[number];

/** What a right lets somebody do, for the page that shows them. */
export const rightWords: Readonly<Record<Right, string>> = {
  enter: 'Sign in, and follow an invitation',
  account:
    'See and end your own sessions, change your password, turn your second factor on and off, make and remove passkeys, make tokens within your rights, keep views of lists',
  read: 'See contracts, replays, states and what evidence found',
  values: 'Reveal the values of fields that a contract hides, which is put on record',
  replay: 'Plan, launch, pause, resume and cancel replays, and set their rate',
  promote: 'Ask for a promotion of what a replay says, and for its undoing, and withdraw them',
  approve:
    'Decide about what waits for approval, but for what you requested or wrote yourself, and record of a promotion that nobody could ask its target',
  'break-glass': 'Let what waits for approval run without it, together with a second person',
  review: 'Close the review of what two others have let run without its approvals',
  respond:
    'Open, acknowledge, assign, class, note and end incidents, do steps of runbooks, send dead letters again, write reviews, and leave planned time out of a budget, which is put on record',
  'sign-review': 'Sign a post-incident review that others wrote',
  evidence: 'Read and export the records of evidence, with what people said in words',
  audit: 'Read and export who did what',
  people:
    'Invite people, give and take roles, end sessions, take away second factors and passkeys that were lost',
};

/** The one declared matrix. An administrator gives out roles, and neither replays nor decides. */
export const matrix: Readonly<Record<Right, readonly Role[]>> = {
  enter: roles,
  account: roles,
  read: roles,
  values: ['operator', 'approver', 'auditor'],
  replay: ['operator'],
  promote: ['operator'],
  approve: ['approver'],
  'break-glass': ['operator', 'approver'],
  review: ['approver', 'auditor'],
  respond: ['operator', 'approver'],
  'sign-review': ['operator', 'approver', 'auditor'],
  evidence: ['auditor'],
  audit: ['auditor', 'admin'],
  people: ['admin'],
};

export function mayDo(held: readonly Role[], right: Right): boolean {
  return matrix[right].some((role) => held.includes(role));
}

/** What is everybody's who has signed in, with roles or without: to see and end what is their own. */
const ofEverybody: ReadonlySet<Right> = new Set(['enter', 'account']);

/** What these roles come to, in the order of the matrix. */
export function rightsOf(held: readonly Role[]): readonly Right[] {
  return rights.filter((right) => ofEverybody.has(right) || mayDo(held, right));
}

/** What a token may be given: nothing that governs people, decides, or reaches the account that it acts for. */
export const tokenRights = ['read', 'replay', 'evidence', 'audit'] as const satisfies readonly Right[];
export type TokenRight = (typeof tokenRights)[number];

export function isRole(text: string): text is Role {
  return roles.some((role) => role === text);
}
