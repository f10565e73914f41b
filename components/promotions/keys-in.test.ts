import { describe, expect, it } from 'vitest';
import { keysIn } from './keys-in.ts';

describe('keys that are typed', () => {
  it('are one a line, each once, with commas as they stand', () => {
    expect(keysIn('JAR-2412\n\n a, b \r\nJAR-2412')).toEqual(['JAR-2412', 'a, b']);
  });

  it('are all where none is', () => {
    expect(keysIn(' \n')).toBeNull();
  });
});
