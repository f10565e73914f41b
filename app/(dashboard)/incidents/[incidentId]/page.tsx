import { api, fetchOrNotFound, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { IncidentPage } from '@/components/incidents/incident-page.tsx';
import { NextRunbooks } from '@/components/runs/next-runbooks.tsx';

export default async function Page({ params }: { params: Promise<{ incidentId: string }> }) {
  const { incidentId } = await params;
  await fetchOrNotFound(api.incidents.get.queryOptions({ incidentId }));
  // Only of an incident that there is: of another each of them is an error in the log.
  prefetch(api.runs.propose.queryOptions({ incidentId }));
  prefetch(api.runs.ofIncident.queryOptions({ incidentId }));
  prefetch(api.reviews.ofIncident.queryOptions({ incidentId }));
  return (
    <Hydrated>
      <IncidentPage incidentId={incidentId} runbooks={<NextRunbooks incidentId={incidentId} />} />
    </Hydrated>
  );
}
