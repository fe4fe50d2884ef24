// One table, layers.json, says which folder of src/ may import which. From it and from the rules in oxlint.json this
// makes .oxlintrc.json, so that the linter enforces it, and the table in docs/design/layers.md, so that people see it.
// `--check` changes nothing and fails when they are out of date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

interface Table {
  /** From the top down; the folders on one level do not know each other. `index` is src/index.ts. */
  readonly levels: readonly (readonly string[])[];
  /** What a folder may load when it is needed, with `import()`, and name in types, but not import at the start. */
  readonly wiring: Readonly<Record<string, readonly string[]>>;
}

interface Override {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

interface LintConfig extends Record<string, unknown> {
  readonly overrides: readonly Override[];
}

const forbiddenNames = ['utils', 'helpers', 'types', 'common'];
const table = JSON.parse(readFileSync('scripts/layers.json', 'utf8')) as Table;
const base = JSON.parse(readFileSync('scripts/oxlint.json', 'utf8')) as LintConfig;

const wrong = checkTree();
const outputs: readonly [path: string, text: string][] = [
  ['.oxlintrc.json', `${JSON.stringify({ ...base, overrides: [...base.overrides, ...layerOverrides()] }, null, 2)}\n`],
  ['docs/design/layers.md', layersPage()],
];
for (const [path, text] of outputs) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (process.argv.includes('--check')) wrong.push(`${path} is out of date: run "node scripts/layers.ts"`);
  else writeFileSync(path, text);
}
for (const line of wrong) console.error(line);
process.exitCode = wrong.length === 0 ? 0 : 1;

/** Folders that the table does not know, and file names that say nothing. */
function checkTree(): string[] {
  const known = new Set(table.levels.flat());
  const folders = readdirSync('src', { withFileTypes: true }).filter(entry => entry.isDirectory());
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  return [
    ...folders.filter(({ name }) => !known.has(name)).map(({ name }) => `src/${name} is not in scripts/layers.json`),
    ...files.filter(isVague).map(file => `src/${file}: name the file after the one thing that it exports`),
  ];
}

function isVague(file: string): boolean {
  return forbiddenNames.includes(basename(file).split('.')[0]!);
}

function layerOverrides(): Override[] {
  return table.levels.flatMap((level, depth) =>
    level.map(folder => {
      const allowed = new Set([folder, ...table.levels.slice(depth + 1).flat()]);
      const upwards = table.levels.flat().filter(other => !allowed.has(other));
      const patterns = [
        ...upwards.map(other => restricted(other, `${folder} may not import ${other}: imports go only downwards.`)),
        ...(table.wiring[folder] ?? []).map(other => ({
          ...restricted(other, `${folder} loads ${other} only when it is needed, with import().`),
          allowTypeImports: true,
        })),
      ];
      const paths = ['timers', 'node:timers', 'timers/promises', 'node:timers/promises'];
      return {
        files: [folder === 'index' ? 'src/index.ts' : `src/${folder}/**`],
        rules: {
          'no-restricted-imports': [
            'error',
            {
              paths: paths.map(name => ({
                name,
                importNames: ['setTimeout', 'setInterval'],
                message: 'Take a Clock.',
              })),
              patterns,
            },
          ],
        },
      };
    }),
  );
}

function restricted(folder: string, message: string): { regex: string; message: string } {
  return { regex: folder === 'index' ? '^(\\.\\./)+index\\.ts$' : `^(\\.\\.?/)+${folder}/`, message };
}

function layersPage(): string {
  const rows = table.levels.map((level, depth) => {
    const below = table.levels.slice(depth + 1).flat();
    return `| ${level.map(code).join(' ')} | ${below.length === 0 ? 'nothing' : below.map(code).join(' ')} |`;
  });
  const wiring = Object.entries(table.wiring).map(
    ([folder, loads]) =>
      `- ${code(folder)} loads ${loads.map(code).join(' and ')} only when needed, with \`import()\`.`,
  );
  return [
    '<!-- Made by scripts/layers.ts from scripts/layers.json. -->',
    '# Layers',
    '',
    'The folders of `src/`, from the top down. A folder imports only from those below it; folders on one level never',
    'import each other: if one needs another, it declares an interface, and the level above passes the other in. The',
    'linter enforces this table.',
    '',
    '| level | may import |',
    '|---|---|',
    ...rows,
    '',
    ...wiring,
    '',
  ].join('\n');
}

function code(text: string): string {
  return `\`${text === 'index' ? 'index.ts' : text}\``;
}
