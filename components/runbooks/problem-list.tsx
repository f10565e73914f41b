import { Notice } from '@/components/ui/states.tsx';
import type { RunbookProblem } from '@/server/application/ports/runbooks.ts';

/** Each mistake of wrong files, with its line. */
export function ProblemList({ problems }: { problems: readonly RunbookProblem[] }) {
  const files = [...new Set(problems.map(({ file }) => file))];
  return files.map((file) => (
    <Notice
      key={file}
      tone="failed"
      title={
        <>
          <span className="font-mono">{file}</span> is wrong, and was not registered
        </>
      }
    >
      <ul className="flex flex-col gap-0.5">
        {problems
          .filter((each) => each.file === file)
          .map(({ line, sentence }) => (
            <li key={`${line} ${sentence}`}>
              <span className="font-mono">line {line}</span>: {sentence}
            </li>
          ))}
      </ul>
    </Notice>
  ));
}
