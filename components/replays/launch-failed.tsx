import { ButtonLink } from '@/components/ui/button.tsx';
import { ErrorState } from '@/components/ui/states.tsx';
import type { LaunchFailure } from './launch-failure.ts';

/** What became of a launch that has not led to its replay. `detail`: the message, where one came. */
export function LaunchFailed({ failure, detail }: { failure: LaunchFailure; detail: string | null }) {
  switch (failure.kind) {
    case 'refused':
      return (
        <ErrorState
          title="The replay was not launched."
          whatToDo="Nothing runs. Look at the message and try again."
          detail={detail}
        />
      );
    case 'taken':
      return (
        <ErrorState
          title="The replay before this one was launched. This one was not."
          whatToDo="Look at that one first. If this one is wanted as well, press the button again."
          detail={detail}
          action={<ButtonLink href={`/replays/${failure.replayId}`}>Open that replay</ButtonLink>}
        />
      );
    case 'unknown':
      return (
        <ErrorState
          title="It is not known whether the replay was launched."
          whatToDo="No clear answer came. Look in Replays whether it is there. To press the button again is safe: what was launched already is opened, and not launched twice."
          detail={detail}
          action={<ButtonLink href="/replays">Look in Replays</ButtonLink>}
        />
      );
  }
}
