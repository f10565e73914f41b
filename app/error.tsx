'use client';

import { ErrorPage, type ErrorPageProps } from '@/components/shell/error-page.tsx';

export default function RootError(props: ErrorPageProps) {
  return (
    <main className="mx-auto flex max-w-3xl flex-col gap-6 px-4 py-16">
      <ErrorPage {...props} />
    </main>
  );
}
