'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { TextLink } from '@/components/ui/link.tsx';

/** The incidents that a record belongs to: those that were open when it was recorded, or that it was attached to. */
export function OfIncidents({ evidenceId }: { evidenceId: string }) {
  const trpc = useTRPC();
  const { data: incidents = [] } = useQuery(trpc.incidents.ofRecord.queryOptions({ evidenceId }));
  if (incidents.length === 0) return null;
  return (
    <p className="text-sm">
      It belongs to {incidents.length === 1 ? 'the incident' : 'the incidents'}{' '}
      {incidents.map((each, at) => (
        <span key={each.id}>
          {at === 0 ? '' : '; '}
          <TextLink href={`/incidents/${each.id}`}>
            {each.class}: {each.title}
          </TextLink>
        </span>
      ))}
    </p>
  );
}
