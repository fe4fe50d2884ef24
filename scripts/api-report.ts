// Compares the public declarations with etc/sojourn.api.md, so that no change of the API goes unseen. `--local` writes
// the report anew instead.
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { run } from './run.ts';

const folder = resolve('temp/api');
const local = process.argv.includes('--local');

rmSync(folder, { recursive: true, force: true });
const compiled = await run('tsc', [
  '-p',
  'tsconfig.build.json',
  '--emitDeclarationOnly',
  '--sourceMap',
  'false',
  '--inlineSources',
  'false',
  '--outDir',
  folder,
]);
if (compiled !== 0) process.exit(compiled);

const quiet = { logLevel: ExtractorLogLevel.None };
const config = ExtractorConfig.prepare({
  configObject: {
    projectFolder: resolve('.'),
    mainEntryPointFilePath: `${folder}/index.d.ts`,
    compiler: { tsconfigFilePath: resolve('tsconfig.build.json'), skipLibCheck: true },
    apiReport: {
      enabled: true,
      reportFolder: resolve('etc'),
      reportTempFolder: folder,
      reportFileName: 'sojourn.api.md',
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      extractorMessageReporting: { default: quiet, 'ae-forgotten-export': { ...quiet, addToApiReportFile: true } },
      tsdocMessageReporting: { default: quiet },
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
    },
  },
  configObjectFullPath: undefined,
  packageJsonFullPath: resolve('package.json'),
});
const result = Extractor.invoke(config, {
  localBuild: local,
  messageCallback: message => {
    // It remarks that its own TypeScript is older than the project's.
    if (message.messageId === 'console-preamble' || message.messageId === 'console-compiler-version-notice')
      message.handled = true;
  },
});
if (result.apiReportChanged && !local) console.error('The public API has changed: look at it, then run "npm run api"');
process.exitCode = result.succeeded && (local || !result.apiReportChanged) ? 0 : 1;
