import { z } from 'zod';
import { api, fetchIfThere, Hydrated, holds } from '@/app/_trpc/server.tsx';
import { CompareRecordsPage, NothingToCompare } from '@/components/evidence/compare-page.tsx';

const ids = z.object({ left: z.uuid(), right: z.uuid() });

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const asked = ids.safeParse(await searchParams);
  if (!asked.success)
    return <NothingToCompare sentence="This address names no two records: left and right are their ids." />;
  const { left, right } = asked.data;
  if (await holds('evidence')) {
    for (const evidenceId of [left, right])
      if (!(await fetchIfThere(api.evidence.record.queryOptions({ evidenceId }))))
        return <NothingToCompare sentence={`There is no evidence record ${evidenceId}.`} />;
  }
  return (
    <Hydrated>
      <CompareRecordsPage left={left} right={right} />
    </Hydrated>
  );
}
