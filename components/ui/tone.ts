/** What a verdict can be; the only meanings that green, amber, red, grey and blue have here. */
export type Tone = 'verified' | 'different' | 'failed' | 'unknown' | 'accent';

export const toneText: Record<Tone, string> = {
  verified: 'text-verified',
  different: 'text-different',
  failed: 'text-failed',
  unknown: 'text-unknown',
  accent: 'text-accent',
};

export const toneTint: Record<Tone, string> = {
  verified: 'bg-verified-tint',
  different: 'bg-different-tint',
  failed: 'bg-failed-tint',
  unknown: 'bg-unknown-tint',
  accent: 'bg-accent-tint',
};

export const toneFill: Record<Tone, string> = {
  verified: 'bg-verified',
  different: 'bg-different',
  failed: 'bg-failed',
  unknown: 'bg-control',
  accent: 'bg-accent',
};

export const toneEdge: Record<Tone, string> = {
  verified: 'border-l-verified',
  different: 'border-l-different',
  failed: 'border-l-failed',
  unknown: 'border-l-control',
  accent: 'border-l-accent',
};
