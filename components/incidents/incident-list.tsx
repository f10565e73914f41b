'use client';

import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useQueryStates } from 'nuqs';
import { useDeferredValue, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { counted } from '@/components/ui/format-number.ts';
import { PageHeader } from '@/components/ui/page-header.tsx';
import { Pager } from '@/components/ui/pager.tsx';
import { Select } from '@/components/ui/select.tsx';
import { EmptyState } from '@/components/ui/states.tsx';
import { Table } from '@/components/ui/table.tsx';
import { FilterBar } from '@/components/vocabulary/filter-bar.tsx';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';
import { incidentColumns } from './incident-columns.tsx';
import { incidentFilters, incidentListInput, nextPage, shownStatuses } from './incident-filters.ts';
import { classTone, incidentClasses, listSentence, mostUrgent } from './incident-words.ts';
import { OpenIncident } from './open-incident.tsx';

/** What is wrong now, the most urgent first, and what was. */
export function IncidentList() {
  const trpc = useTRPC();
  const [filter, setFilter] = useQueryStates(incidentFilters);
  const [opening, setOpening] = useState(false);
  const { data: open } = useSuspenseQuery(trpc.incidents.open.queryOptions());
  const { data: contracts } = useSuspenseQuery(trpc.contracts.list.queryOptions());
  const asked = useDeferredValue(filter);
  const pages = useSuspenseInfiniteQuery(
    trpc.incidents.list.infiniteQueryOptions(incidentListInput(asked), nextPage),
  );
  const rows = pages.data.pages.flatMap((page) => page.rows);
  const whyNot = useWhyNot('respond', 'Opening an incident');
  const first = mostUrgent(open.rows);
  return (
    <>
      <PageHeader
        title="Incidents"
        tone={first === undefined ? 'verified' : classTone[first.class]}
        verdict={listSentence(open)}
        next={
          first === undefined
            ? 'Breached budgets, lost events, stuck sagas, differing states and a rewritten log open one by themselves.'
            : 'Acknowledge what nobody has: that stops its clock.'
        }
        tabTitle={open.count > 0 ? `${open.count} open · Incidents` : 'Incidents'}
        actions={
          <Button disabledReason={whyNot} onClick={() => setOpening(true)}>
            Open an incident
          </Button>
        }
      />
      {opening ? (
        <OpenIncident contracts={contracts.map((each) => each.id)} onDone={() => setOpening(false)} />
      ) : null}
      <FilterBar label="Filter incidents">
        <Select
          label="Status"
          value={filter.status ?? ''}
          options={[
            { value: '', label: 'All' },
            ...shownStatuses.map((each) => ({ value: each, label: each })),
          ]}
          onValueChange={(value) =>
            setFilter({ status: shownStatuses.find((each) => each === value) ?? null })
          }
        />
        <Select
          label="Class"
          value={filter.class ?? ''}
          options={[
            { value: '', label: 'All' },
            ...incidentClasses.map((each) => ({ value: each, label: each })),
          ]}
          onValueChange={(value) =>
            setFilter({ class: incidentClasses.find((each) => each === value) ?? null })
          }
        />
        <Select
          label="Contract"
          value={filter.contract}
          options={[
            { value: '', label: 'All contracts' },
            ...contracts.map((each) => ({ value: each.id, label: each.id })),
          ]}
          onValueChange={(value) => setFilter({ contract: value || null })}
        />
      </FilterBar>
      <Table
        caption="Incidents"
        columns={incidentColumns}
        rows={rows}
        rowKey={(row) => row.id}
        density={40}
        empty={
          <EmptyState
            title={
              Object.values(filter).some(Boolean) ? 'No incident is like this.' : 'There was no incident yet.'
            }
          />
        }
      />
      <Pager
        summary={counted(rows.length, 'incident') + (pages.hasNextPage ? ', and older ones' : '')}
        onNext={pages.hasNextPage ? () => pages.fetchNextPage() : null}
        pending={pages.isFetchingNextPage}
      />
    </>
  );
}
