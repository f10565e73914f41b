export { closesTheDoor } from './last-administrator.ts';
export {
  isRole,
  matrix,
  mayDo,
  type Right,
  type Role,
  rights,
  rightsOf,
  rightWords,
  roles,
  type TokenRight,
  tokenRights,
} from './matrix.ts';
export { ownership, type Whose } from './ownership.ts';
export { passwordProblem } from './password.ts';
