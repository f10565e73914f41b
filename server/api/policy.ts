/** The roles, and what each may do. Deny by default: a procedure without a policy can't be built. */
export const roles = ['viewer', 'operator', 'approver', 'auditor', 'admin'] as const;
export type Role = (typeof roles)[number];

/** What a procedure does, in the words of the matrix. `evidence` is a record's own bytes, and what was said in words. */
export const rights = ['read', 'replay', 'evidence'] as const;
export type Right = (typeof rights)[number];

/** The one declared matrix. */
export const matrix: Readonly<Record<Right, readonly Role[]>> = {
  read: ['viewer', 'operator', 'approver', 'auditor', 'admin'],
  replay: ['operator'],
  evidence: ['auditor'],
};

export function mayDo(held: readonly Role[], right: Right): boolean {
  return matrix[right].some((role) => held.includes(role));
}
