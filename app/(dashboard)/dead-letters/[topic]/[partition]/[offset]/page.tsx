import { api, fetchOrNotFound, Hydrated, prefetch } from '@/app/_trpc/server.tsx';
import { LetterPage } from '@/components/dead-letters/letter-page.tsx';

type Place = { topic: string; partition: string; offset: string };

export default async function Page({ params }: { params: Promise<Place> }) {
  const asked = await params;
  const place = {
    topic: decodeURIComponent(asked.topic),
    partition: Number(asked.partition),
    offset: asked.offset,
  };
  await fetchOrNotFound(api.deadLetters.get.queryOptions(place));
  prefetch(api.deadLetters.later.queryOptions({ ...place, search: false }));
  return (
    <Hydrated>
      <LetterPage place={place} />
    </Hydrated>
  );
}
