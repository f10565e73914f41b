import type { fromMarkdown } from 'mdast-util-from-markdown';
import type { RawBlock, RunbookMistake } from '../../domain/runbook/index.ts';

type Code = Extract<ReturnType<typeof fromMarkdown>['children'][number], { type: 'code' }>;

/** Exactly `yaml action` and `yaml step` are for Reprise. */
export function kindOfCode({ lang, meta }: Code): RawBlock['kind'] | null {
  if (lang !== 'yaml' && lang !== 'yml') return null;
  const kind = meta?.trim();
  return kind === 'action' || kind === 'step' ? kind : null;
}

/** A block that is meant for Reprise and is none would be taken for what a person reads: its step would do nothing. */
export function wrongBlock(node: Code): RunbookMistake | null {
  if (kindOfCode(node) !== null) return null;
  const line = node.position?.start.line ?? 1;
  const words = [node.lang, node.meta?.trim()].filter(Boolean).join(' ');
  const [word, ...others] = words.split(' ');
  const isYaml = /^ya?ml$/i.test(word ?? '');
  if ((isYaml && others.length > 0) || isLikeAction(words))
    return {
      line,
      sentence: `a block \`${words}\` is none that Reprise knows: write \`yaml action\` or \`yaml step\`, or \`yaml\` alone for what people read`,
    };
  const at = words === '' || isYaml ? node.value.split('\n').findIndex((text) => /^action:/.test(text)) : -1;
  if (at === -1) return null;
  return {
    // An indented block has no line of a fence before its first one.
    line: line + at + (isFenced(node) ? 1 : 0),
    sentence:
      'a block with `action:` that is no block `yaml action` would be done by nobody: write ```yaml action before it',
  };
}

/** Lines that were to begin a block and begin none: two back quotes, four spaces before them, a block that never ended. */
export function lostFences(lines: readonly string[], begun: ReadonlySet<number>): readonly RunbookMistake[] {
  return lines.flatMap((text, at) =>
    /^\s*[`~]+\s*ya?ml\s+(?:action|step)[^`]*$/i.test(text) && !begun.has(at + 1)
      ? [
          {
            line: at + 1,
            sentence:
              'this begins no block: it takes three back quotes at the beginning of the line, and the block before it ends with as many as it began with',
          },
        ]
      : [],
  );
}

const isFenced = ({ value, position }: Code): boolean =>
  position !== undefined && position.end.line - position.start.line >= value.split('\n').length;

/** `yaml-action`, `yaml{action}`, `json action`, `aciton`. */
function isLikeAction(words: string): boolean {
  const lower = words.toLowerCase();
  if (lower.replace(/[^a-z]/g, '').includes('action')) return true;
  return lower.split(/[^a-z]+/).some((word) => isNearly(word.replace(/^(?:ya?ml|json)/, ''), 'action'));
}

/** One letter more, less or another, or two beside each other changed about. */
function isNearly(word: string, meant: string): boolean {
  let from = 0;
  while (from < word.length && word[from] === meant[from]) from += 1;
  let [end, meantEnd] = [word.length, meant.length];
  while (end > from && meantEnd > from && word[end - 1] === meant[meantEnd - 1]) {
    end -= 1;
    meantEnd -= 1;
  }
  const [left, right] = [word.slice(from, end), meant.slice(from, meantEnd)];
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && left === [...right].reverse().join('');
}
