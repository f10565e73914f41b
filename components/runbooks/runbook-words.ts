import { counted } from '@/components/ui/format-number.ts';
import type { Tone } from '@/components/ui/tone.ts';
import type { RunbookList } from '@/server/application/runbooks/catalogue.ts';
import type { Argument, Reference } from '@/server/domain/runbook/index.ts';

export const sectionWords = {
  symptoms: 'Symptoms',
  diagnosis: 'Diagnosis',
  mitigation: 'Mitigation',
  'post-incident': 'Post-incident',
} as const;

/** `poison-message` as people read it. */
export const modeWords = (mode: string): string => mode.replaceAll('-', ' ');

export function listVerdict({ rows, problems, without }: RunbookList): { tone: Tone; sentence: string } {
  const files = new Set(problems.map(({ file }) => file)).size;
  if (files > 0)
    return {
      tone: 'failed',
      sentence: `${counted(files, 'file')} of runbooks ${files === 1 ? 'is' : 'are'} wrong; what was registered before goes on being used.`,
    };
  if (rows.length === 0) return { tone: 'unknown', sentence: 'No runbook is registered.' };
  if (without.length > 0)
    return {
      tone: 'different',
      sentence: `${counted(without.length, 'failure')} of the field ${without.length === 1 ? 'has' : 'have'} no runbook.`,
    };
  return { tone: 'verified', sentence: 'Every failure of the field has a runbook.' };
}

/** What a step's action is given, as it stands in the file. */
export function argumentText(argument: Argument): string {
  switch (argument.kind) {
    case 'literal':
      return typeof argument.value === 'string' ? argument.value : JSON.stringify(argument.value);
    case 'reference':
      return referenceText(argument.reference);
    case 'template':
      return argument.parts.map((part) => (typeof part === 'string' ? part : referenceText(part))).join('');
    case 'list':
      return `[${argument.items.map(argumentText).join(', ')}]`;
    case 'fields':
      return `{ ${Object.entries(argument.fields)
        .map(([name, field]) => `${name}: ${argumentText(field)}`)
        .join(', ')} }`;
  }
}

const referenceText = ({ step, name, plus }: Reference): string =>
  `\${${step === null ? name : `${step}.${name}`}${plus === undefined ? '' : ` + ${plus}`}}`;
