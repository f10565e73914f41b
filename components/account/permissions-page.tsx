'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import type { inferRouterOutputs } from '@trpc/server';
import { useTRPC } from '@/app/_trpc/client.tsx';
import type { Column } from '@/components/ui/column.ts';
import { counted } from '@/components/ui/format-number.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Table } from '@/components/ui/table.tsx';
import { Verdict } from '@/components/ui/verdict.tsx';
import { NotAllowed } from '@/components/vocabulary/not-allowed.tsx';
import { Roles, roleChoices } from '@/components/vocabulary/roles.tsx';
import { useViewer, useWhyNot } from '@/components/vocabulary/viewer.ts';
import type { AppRouter } from '@/server/api/root.ts';

type Permission = inferRouterOutputs<AppRouter>['account']['permissions'][number];

/** The whole matrix, for whoever has a role. */
export function PermissionsPage() {
  const whyNot = useWhyNot('account', 'Seeing the rights');
  if (whyNot !== null) return <NotAllowed title="Your permissions" trail={trail} sentence={whyNot} />;
  return <Permissions />;
}

const trail = [{ label: 'Your account', href: '/account' }];

/** The whole matrix: every right, who holds it, and whether the reader does. */
function Permissions() {
  const trpc = useTRPC();
  const viewer = useViewer();
  const { data: permissions } = useSuspenseQuery(trpc.account.permissions.queryOptions());
  const held = permissions.filter((each) => each.held).length;
  const roles = viewer?.roles ?? [];
  return (
    <>
      <PageHeader
        title="Your permissions"
        trail={trail}
        tone="accent"
        verdict={`You hold ${held} of ${counted(permissions.length, 'right')}${
          roles.length === 0
            ? ', without a role.'
            : `, through your role${roles.length === 1 ? '' : 's'} ${roles.join(', ')}.`
        }`}
        next="Rights come with roles alone, and roles are given by administrators. A change counts at once."
        tabTitle={`${held} of ${permissions.length} · Your permissions`}
      />
      <Table caption="Rights" columns={columns} rows={permissions} rowKey={(row) => row.right} density={40} />
    </>
  );
}

const everybody = roleChoices.length;

const columns: readonly Column<Permission>[] = [
  { id: 'right', header: 'Right', mono: true, cell: (row) => row.right },
  { id: 'words', header: 'Lets you', cell: (row) => <span className="block py-1">{row.words}</span> },
  {
    id: 'roles',
    header: 'Roles that hold it',
    cell: (row) =>
      row.roles.length === everybody ? (
        <span className="text-muted">every role</span>
      ) : (
        <Roles roles={row.roles} />
      ),
  },
  {
    id: 'held',
    header: 'You',
    cell: (row) =>
      row.held ? (
        <Verdict tone="verified" look="plain">
          yes
        </Verdict>
      ) : (
        <Verdict tone="unknown" look="plain">
          no
        </Verdict>
      ),
  },
];
