import { FailurePage } from '@/components/shell/failure-page.tsx';

export default function NotFound() {
  return (
    <main className="mx-auto flex max-w-3xl flex-col gap-6 px-4 py-16">
      <FailurePage
        title="Not found"
        verdict="Nothing is at this address."
        next="The link may be mistyped, or name something of another installation. A permalink to a record is good where the record was made."
      />
    </main>
  );
}
