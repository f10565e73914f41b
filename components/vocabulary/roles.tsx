import { Badge } from '@/components/ui/verdict.tsx';
import type { Role } from '@/server/domain/access/index.ts';

/** What each role is for, in the order in which they are offered. */
const roleWords: Readonly<Record<Role, string>> = {
  viewer: 'Looks at everything but records, and changes nothing.',
  operator: 'Plans, launches and steers replays.',
  approver: 'Decides what may run.',
  auditor: 'Reads records, and who did what.',
  admin: 'Invites people and gives out roles; neither replays nor decides.',
};

export const roleChoices = (Object.keys(roleWords) as Role[]).map((role) => ({
  role,
  words: roleWords[role],
}));

/** Somebody's roles, or that there is none. */
export function Roles({ roles }: { roles: readonly Role[] }) {
  if (roles.length === 0) return <span className="text-muted">no role</span>;
  return (
    <span className="inline-flex flex-wrap gap-1 py-1 align-middle">
      {roles.map((role) => (
        <Badge key={role}>{role}</Badge>
      ))}
    </span>
  );
}
