'use client';

import { Button } from '@/components/ui/button.tsx';

type Demo = {
  readonly people: readonly { readonly role: string; readonly name: string; readonly email: string }[];
  readonly password: string;
};

const does: Readonly<Record<string, string>> = {
  operator: 'requests and runs replays',
  approver: 'decides what may run',
  auditor: 'reads records and the audit',
  viewer: 'looks, and changes nothing',
  admin: 'gives out roles',
};

/** One click for each person of the demo. */
export function DemoPeople({
  demo,
  pending,
  onEnter,
}: {
  demo: Demo;
  pending: string | null;
  onEnter: (email: string, password: string) => Promise<void>;
}) {
  return (
    <section
      aria-labelledby="demo"
      className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4"
    >
      <div>
        <h2 id="demo" className="font-semibold">
          This is the demo
        </h2>
        <p className="text-sm text-muted">
          Its people have a password that everybody knows, and are let in on this machine only. Enter as:
        </p>
      </div>
      <ul className="flex flex-col gap-2">
        {demo.people.map(({ role, name, email }) => (
          <li key={email} className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <Button
              pending={pending === email}
              onClick={() => void onEnter(email, demo.password)}
              className="w-36 justify-start"
            >
              {name}, {role}
            </Button>
            <span className="text-sm text-muted">{does[role]}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
