// `npm test`: every vitest project, then the packed package on every supported Node. With arguments
// (`npm test -- src/cookies`), only the tests that they name. What was passed over is printed with its reason; with
// SOJOURN_NO_SKIP=1 it is a failure.
import { startVitest, type TestCase, type TestModule } from 'vitest/node';
import { runSmoke } from '../test/smoke/run.ts';
import { run } from './run.ts';

const filters = process.argv.slice(2);
const passedOver: string[] = [];
let [passed, failed] = [0, 0];

const isWhole = filters.length === 0;
const isBuilt = isWhole && (await run('node', ['scripts/build.ts'])) === 0;
if (isWhole && !isBuilt) failed++;
const vitest = await startVitest('test', filters, { run: true, watch: false });
for (const module of vitest.state.getTestModules()) countTests(module);
await vitest.close();
// An error outside of any test.
if (failed === 0 && process.exitCode !== undefined && process.exitCode !== 0) failed++;

if (isBuilt) {
  const smoke = await runSmoke();
  passed += smoke.passed;
  failed += smoke.failed;
  passedOver.push(...smoke.passedOver);
}

for (const what of passedOver) console.log(`PASSED OVER: ${what}`);
const refused = passedOver.length > 0 && process.env['SOJOURN_NO_SKIP'] === '1';
if (refused) console.log(`${passedOver.length} passed over, and SOJOURN_NO_SKIP=1 allows none`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || refused ? 1 : 0;

function countTests(module: TestModule): void {
  if (!module.ok() && module.children.size === 0) failed++; // It did not load.
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed') passed++;
    else if (state === 'failed') failed++;
    else passedOver.push(`${module.relativeModuleId}: ${test.fullName} (${reasonOf(test)})`);
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return (result.state === 'skipped' && result.note) || 'skipped without a reason';
}
