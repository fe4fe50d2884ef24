import { afterAll, expect, test } from 'vitest';
import { App } from './app.ts';
import { SessionModule } from './session-module.ts';

const ses = new SessionModule(new App()).fromPartition('verify proc');
afterAll(() => ses.destroy());

test.each([
  ['a string in place of the options', 'legacy', /options must be an object, got "legacy"/],
  ['a style that there is not', { style: 'old' }, /style must be one of "legacy", got "old"/],
])('%s is refused: the proc would be called in the wrong form', (_, options, message) => {
  expect(() => ses.setCertificateVerifyProc(() => {}, options as never)).toThrow(message);
});
