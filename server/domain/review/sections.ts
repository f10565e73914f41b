/**
 * What a review is made of. Facts are computed from rows and nobody edits them; opinions are Markdown that people write,
 * and empty until they do.
 */
export const opinionSections = ['summary', 'causes', 'went-well', 'went-badly', 'went-luckily'] as const;
export type OpinionSection = (typeof opinionSections)[number];

export const factSections = ['impact', 'detection', 'timeline', 'history', 'evidence', 'runs'] as const;
export type FactSection = (typeof factSections)[number];

type Opinion = {
  readonly is: 'opinion';
  readonly name: OpinionSection;
  readonly title: string;
  /** The question that stands there until somebody answers it. */
  readonly prompt: string;
  /** Nobody signs while it is empty. */
  readonly mandatory: boolean;
};
type Facts = { readonly is: 'facts'; readonly name: FactSection; readonly title: string };
type Actions = { readonly is: 'actions'; readonly name: 'actions'; readonly title: string };

/** In the order in which a review is read. */
export const sections: readonly (Opinion | Facts | Actions)[] = [
  {
    is: 'opinion',
    name: 'summary',
    title: 'Summary',
    prompt:
      'What happened, to whom, and how did it end? Three sentences that somebody outside the team understands.',
    mandatory: true,
  },
  { is: 'facts', name: 'impact', title: 'Impact' },
  { is: 'facts', name: 'detection', title: 'Detection' },
  { is: 'facts', name: 'timeline', title: 'Timeline' },
  {
    is: 'opinion',
    name: 'causes',
    title: 'Root cause and contributing factors',
    prompt: 'What made it possible, and what made it worse? Ask what, and not who.',
    mandatory: true,
  },
  { is: 'facts', name: 'history', title: 'What history proved' },
  { is: 'facts', name: 'evidence', title: 'Evidence' },
  { is: 'facts', name: 'runs', title: 'Runbooks that were run' },
  {
    is: 'opinion',
    name: 'went-well',
    title: 'What went well',
    prompt: 'What helped, so that it should stay as it is?',
    mandatory: true,
  },
  {
    is: 'opinion',
    name: 'went-badly',
    title: 'What went badly',
    prompt: 'What cost time, or made it worse than it had to be?',
    mandatory: true,
  },
  {
    is: 'opinion',
    name: 'went-luckily',
    title: 'Where we were lucky',
    prompt: 'What would have been worse on another day, with nothing but luck in between?',
    mandatory: false,
  },
  { is: 'actions', name: 'actions', title: 'What is done about it' },
];

const isOpinion = (section: (typeof sections)[number]): section is Opinion => section.is === 'opinion';
export const opinions: readonly Opinion[] = sections.filter(isOpinion);
export const mandatorySections: readonly OpinionSection[] = opinions
  .filter(({ mandatory }) => mandatory)
  .map(({ name }) => name);

/** Characters of one section. */
export const MOST_LETTERS = 50_000;
