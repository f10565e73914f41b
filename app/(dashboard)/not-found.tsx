import { FailurePage } from '@/components/shell/failure-page.tsx';

export default function NotFound() {
  return (
    <FailurePage
      title="Not found"
      verdict="There is no such thing here."
      next="The id in the address may be mistyped, or belong to another installation."
    />
  );
}
