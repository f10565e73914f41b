'use client';

import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTRPC } from '@/app/_trpc/client.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Refused } from '@/components/ui/refused.tsx';
import { Select } from '@/components/ui/select.tsx';
import { TextArea, TextField } from '@/components/ui/text-field.tsx';
import { base64Of, whyNotAttach } from '@/components/vocabulary/file-upload.ts';
import { useWhyNot } from '@/components/vocabulary/viewer.ts';

const kinds = [
  { value: 'note', label: 'A note' },
  { value: 'link', label: 'A link' },
  { value: 'file', label: 'A file' },
  { value: 'evidence', label: 'A record of evidence' },
] as const;
type Kind = (typeof kinds)[number]['value'];

/** What people add: words, and what they are about. */
export function AddToTimeline({ incidentId }: { incidentId: string }) {
  const trpc = useTRPC();
  const [kind, setKind] = useState<Kind>('note');
  const [text, setText] = useState('');
  const [about, setAbout] = useState('');
  const [unfit, setUnfit] = useState<string | null>(null);
  const file = useRef<HTMLInputElement>(null);
  const mayNot = useWhyNot('respond', 'Adding to the timeline');
  const done = {
    onSuccess: () => {
      setText('');
      setAbout('');
      if (file.current !== null) file.current.value = '';
    },
  };
  const note = useMutation(trpc.incidents.addNote.mutationOptions(done));
  const link = useMutation(trpc.incidents.attachLink.mutationOptions(done));
  const upload = useMutation(trpc.incidents.attachFile.mutationOptions(done));
  const record = useMutation(trpc.incidents.attachEvidence.mutationOptions(done));
  const acts = { note, link, file: upload, evidence: record };
  if (mayNot !== null) return null;
  const sendFile = async () => {
    const [chosen] = file.current?.files ?? [];
    const why = whyNotAttach(chosen);
    if (why !== null || chosen === undefined) return setUnfit(why);
    upload.mutate({ incidentId, name: chosen.name, content: await base64Of(chosen), text });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setUnfit(null);
    if (kind === 'note') note.mutate({ incidentId, text });
    else if (kind === 'link') link.mutate({ incidentId, link: about, text });
    else if (kind === 'evidence') record.mutate({ incidentId, evidenceId: idIn(about), text });
    else void sendFile();
  };
  return (
    <form onSubmit={submit} aria-label="Add to the timeline" className="flex max-w-3xl flex-col gap-3">
      <div className="flex flex-wrap items-end gap-3">
        <Select
          label="Add"
          value={kind}
          options={[...kinds]}
          onValueChange={(value) => setKind(kinds.find((each) => each.value === value)?.value ?? 'note')}
        />
        {kind === 'link' || kind === 'evidence' ? (
          <TextField
            label={kind === 'link' ? 'Address' : 'Id of the record, or the address of its page'}
            value={about}
            required
            maxLength={2000}
            className="w-96"
            onChange={(event) => setAbout(event.target.value)}
          />
        ) : null}
        {kind === 'file' ? (
          <label className="flex flex-col gap-1 text-sm">
            File
            <input ref={file} type="file" className="text-sm" />
          </label>
        ) : null}
      </div>
      <TextArea
        label={kind === 'note' ? 'What you saw or did' : 'What it shows'}
        rows={2}
        value={text}
        required={kind === 'note'}
        hint="It stays for good, and erasing does not reach it: name no keys and no people, in words or files."
        maxLength={2000}
        onChange={(event) => setText(event.target.value)}
      />
      {unfit === null ? null : (
        <p role="alert" className="text-sm text-failed">
          {unfit}
        </p>
      )}
      <Refused error={acts[kind].error} />
      <div>
        <Button type="submit" pending={acts[kind].isPending}>
          Add it
        </Button>
      </div>
    </form>
  );
}

/** The id at the end of an address, or the text itself. */
const idIn = (text: string) => /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text)?.[0] ?? text.trim();
