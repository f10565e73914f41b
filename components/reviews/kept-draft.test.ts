import { describe, expect, it } from 'vitest';
import { afterSave } from './kept-draft.ts';

describe('what was typed while a save was on its way', () => {
  const saved = (text: string, version = 2) => ({ version, text });

  it('is nothing where nothing was: all of it is saved', () => {
    expect(afterSave('a', 'a', saved('a'))).toEqual({ base: saved('a'), text: 'a', keep: null });
  });
  it('is kept, from the version that was saved', () => {
    expect(afterSave('a', 'a\nb', saved('a'))).toEqual({
      base: saved('a'),
      text: 'a\nb',
      keep: { base: saved('a'), text: 'a\nb' },
    });
  });
  it('is kept beside what somebody else had saved, which came back with it', () => {
    const { text, keep } = afterSave('a\n1\nb', 'a\n1\nb and more', saved('A\n1\nb', 3));
    expect(text).toBe('A\n1\nb and more');
    expect(keep).toEqual({ base: saved('A\n1\nb', 3), text });
  });
});
