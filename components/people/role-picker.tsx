import { Checkbox } from '@/components/ui/checkbox.tsx';
import { roleChoices } from '@/components/vocabulary/roles.tsx';
import type { Role } from '@/server/domain/access/index.ts';

export type RolePickerProps = { roles: readonly Role[]; onChange: (roles: readonly Role[]) => void };

/** Any number of roles, each with what it is for. */
export function RolePicker({ roles, onChange }: RolePickerProps) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">Roles</legend>
      {roleChoices.map(({ role, words }) => (
        <Checkbox
          key={role}
          label={role}
          hint={words}
          checked={roles.includes(role)}
          onChange={(event) =>
            onChange(event.target.checked ? [...roles, role] : roles.filter((each) => each !== role))
          }
        />
      ))}
    </fieldset>
  );
}
