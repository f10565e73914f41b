import type { fromMarkdown } from 'mdast-util-from-markdown';
import { actionNames, type RawBlock, type RunbookMistake } from '../../domain/runbook/index.ts';

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
  const at = words === '' || isYaml ? actionAt(node.value.split('\n')) : -1;
  if (at === -1) return null;
  return {
    // An indented block has no line of a fence before its first one.
    line: line + at + (isFenced(node) ? 1 : 0),
    sentence:
      'a block with `action:` or a condition that is no block `yaml action` or `yaml step` would be done by nobody: write ```yaml action before it',
  };
}

/** Further in, `action:` is a field of whatever people read there, unless it names one of Reprise's. */
function actionAt(lines: readonly string[]): number {
  const written = lines.filter((text) => /\S/.test(text) && !/^\s*(?:#|---|\.\.\.)/.test(text));
  const indent = written.reduce(
    (least, text) => Math.min(least, text.search(/\S/)),
    Number.POSITIVE_INFINITY,
  );
  return lines.findIndex((text) => actionKey.test(text.slice(indent)) || meansBlock(text.trim()));
}

const fence = /^(`{3,}|~{3,})/;

/** What a block that never ends takes with it, steps that people do among it, is text of a block to every reader. */
export function unended({ value, position }: Code, lines: readonly string[]): RunbookMistake | null {
  if (position === undefined) return null;
  const { start, end } = position;
  const [marks] = fence.exec((lines[start.line - 1] ?? '').slice(start.column - 1)) ?? [];
  if (marks === undefined) return null;
  const last = (lines[end.line - 1] ?? '').replace(/^[\s>]*/, '').trimEnd();
  const isMarks = last.length >= marks.length && [...last].every((each) => each === marks[0]);
  const inner = end.line - start.line - 1;
  // Marks behind four spaces end nothing: they are a line of the block then.
  const isText = inner > 0 ? value.split('\n').length > inner : value !== '';
  if (end.line > start.line && isMarks && !isText) return null;
  return { line: start.line, sentence: `this block never ends: put a line ${marks} behind it` };
}

/** Headings and blocks that stand within a block, since the one before them was not ended. */
export function swallowed(
  { lang, value, position }: Code,
  lines: readonly string[],
): readonly RunbookMistake[] {
  if (position === undefined || /^(?:md|markdown)$/i.test(lang ?? '')) return [];
  const { line, column } = position.start;
  const [marks] = fence.exec((lines[line - 1] ?? '').slice(column - 1)) ?? [];
  return value.split('\n').flatMap((text, at) => {
    const own = { line: line + at + (marks === undefined ? 0 : 1) };
    if (/^ {0,3}#{2,3}[ \t]+\S/.test(text))
      return [
        {
          ...own,
          sentence:
            'a heading within a block begins no step: end the block before it, or write it with one #',
        },
      ];
    const [inner] = /^ {0,3}(?:`{3,}(?=[ \t]*[^`\s])|~{3,}(?=[ \t]*[^~\s]))/.exec(text) ?? [];
    return marks !== undefined && inner?.trim().startsWith(marks) ? [{ ...own, sentence: beginsNone }] : [];
  });
}

const beginsNone =
  'this begins no block: it takes three back quotes at the beginning of the line, and the block before it ends with as many as it began with';

/** Lines that were to begin a block and begin none: two back quotes, four spaces before them, a block that never ended. */
export function lostFences(lines: readonly string[], begun: ReadonlySet<number>): readonly RunbookMistake[] {
  return lines.flatMap((text, at) =>
    /^\s*[`~]+\s*(?:ya?ml\W+)?(?:action|step)\b[^`~]*$/i.test(text) && !begun.has(at + 1)
      ? [{ line: at + 1, sentence: beginsNone }]
      : [],
  );
}

const isFenced = ({ value, position }: Code): boolean =>
  position !== undefined && position.end.line - position.start.line >= value.split('\n').length;

/** A field at the beginning of a line, of an item of a list, or of `{ }`; in quotes or not. */
const field = (names: string): string => `^(?:[-*+>{][ \\t]*)*["']?(?:${names})["']?[ \\t]*:`;
const actionKey = new RegExp(field('action'));
const namedAction = new RegExp(`${field('action')}[ \\t]*["']?([a-z-]+)["']?[ \\t]*(?:[,}#].*)?$`, 'i');
const conditionKey = new RegExp(`${field('when|shows')}.*\\$\\{`);

/** A line that only a block for Reprise has: a condition, or an action by its name or nearly so. */
export function meansBlock(text: string): boolean {
  const [, action] = namedAction.exec(text) ?? [];
  if (action !== undefined) return actionNames.some((each) => isNearly(action.toLowerCase(), each));
  return conditionKey.test(text);
}

/** `yaml-action`, `yaml{action}`, `json action`, `aciton`, `step`. */
function isLikeAction(words: string): boolean {
  const lower = words.toLowerCase();
  if (lower.replace(/[^a-z]/g, '').includes('action')) return true;
  const single = lower.split(/[^a-z]+/).map((word) => word.replace(/^(?:ya?ml|json)/, ''));
  return single.some((word) => isNearly(word, 'action') || isNearly(word, 'step'));
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
