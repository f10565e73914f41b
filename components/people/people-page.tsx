'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { parseAsBoolean, parseAsString, useQueryStates } from 'nuqs';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { NotAllowed } from '@/components/vocabulary/not-allowed.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import { InvitePanel } from './invite-panel.tsx';
import { NoticeChannels } from './notice-channels.tsx';
import { personColumns } from './person-columns.tsx';
import { PersonPanel } from './person-panel.tsx';
import { peopleAnswer } from './person-state.ts';

const panels = { person: parseAsString, invite: parseAsBoolean };

/** Who may come in, and as what. */
export function PeoplePage() {
  const whyNot = useWhyNot('people', 'Seeing who may come in');
  if (whyNot !== null) return <NotAllowed title="People" sentence={whyNot} />;
  return <People />;
}

function People() {
  const trpc = useTRPC();
  const { data: people } = useSuspenseQuery(trpc.people.list.queryOptions());
  const [{ person, invite }, open] = useQueryStates(panels);
  const answer = peopleAnswer(people);
  const inviteButton = (
    <Button
      variant="primary"
      icon={<UserPlus aria-hidden="true" className="size-4" />}
      onClick={() => open({ invite: true, person: null })}
    >
      Invite somebody
    </Button>
  );
  return (
    <>
      <PageHeader
        title="People"
        tone={answer.tone}
        verdict={answer.verdict}
        next={answer.next}
        tabTitle={`${answer.tab} · People`}
        actions={inviteButton}
      />
      <Table
        caption="People"
        columns={personColumns}
        rows={people}
        rowKey={(row) => row.id}
        density={40}
        selectedKey={person}
        empty={<EmptyState title="There is nobody yet." action={inviteButton} />}
      />
      <NoticeChannels />
      {invite ? (
        <InvitePanel onClose={() => open({ invite: null })} />
      ) : person === null ? null : (
        <PersonPanel
          key={person}
          person={people.find((each) => each.id === person) ?? null}
          onClose={() => open({ person: null })}
        />
      )}
    </>
  );
}
