import { afterEach, describe, expect, it, vi } from 'vitest';
import { afterSave, draftKey, forgetDraft, keepDraft, keptDraft } from './kept-draft.ts';

describe('what somebody typed and has not saved', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is found by them again, and by nobody else on the same machine', () => {
    const stored = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => stored.set(name, value),
      removeItem: (name: string) => stored.delete(name),
    });
    const [ada, omar] = [draftKey('ada', 'rv1', 'summary'), draftKey('omar', 'rv1', 'summary')];
    const kept = { base: { version: 1, text: 'a' }, text: 'a\nmine' };
    keepDraft(ada, kept);
    expect(keptDraft(ada)).toEqual(kept);
    expect(keptDraft(omar)).toBeNull();
    forgetDraft(omar);
    expect(keptDraft(ada)).toEqual(kept);
  });

  it('is kept of nobody who is not known', () => {
    expect(keptDraft(null)).toBeNull();
  });
});

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
