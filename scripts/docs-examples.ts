// Finds the examples of the documentation, so that each can be run. They are
// - `@example` blocks of docstrings in src/, the rest of their first line being the title;
// - fenced `js` and `ts` blocks of README.md and docs/, but those whose fence says `js no-run`. One whose fence says
//   `js continues` runs after the block before it, in one program with it.
import { globSync, readFileSync } from 'node:fs';

/** One program of the documentation. */
export interface Example {
  /** `file:line`, and the title if it has one. */
  readonly name: string;
  readonly code: string;
  /** The extension under which Node runs it. */
  readonly extension: 'mjs' | 'mts' | 'cjs';
}

interface Block {
  readonly line: number;
  readonly title: string;
  readonly language: 'js' | 'ts';
  readonly code: string;
  readonly continues: boolean;
}

/** Every example that is to run, in the order of their files. */
export function findExamples(): Example[] {
  const sources = globSync('src/**/*.ts', { exclude: file => file.endsWith('.test.ts') }).toSorted();
  const pages = globSync(['README.md', 'docs/**/*.md']).toSorted();
  return [
    ...sources.flatMap(file => toExamples(file, docstringBlocks(readFileSync(file, 'utf8')))),
    ...pages.flatMap(file => toExamples(file, fencedBlocks(readFileSync(file, 'utf8')))),
  ];
}

function toExamples(file: string, blocks: readonly Block[]): Example[] {
  const programs: Block[] = [];
  for (const block of blocks) {
    const previous = programs.at(-1);
    if (block.continues && previous) programs.splice(-1, 1, { ...previous, code: `${previous.code}\n${block.code}` });
    else programs.push(block);
  }
  return programs.map(({ line, title, language, code }) => {
    const isCommonJs = !/^import\b/m.test(code) && /\brequire\(/.test(code);
    const extension = isCommonJs ? 'cjs' : language === 'ts' ? 'mts' : 'mjs';
    return { name: [`${file}:${line}`, title].filter(Boolean).join(' '), code, extension };
  });
}

function docstringBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const lines = comment[0].split('\n').map(line => line.replace(/^\s*(\/\*\*|\*\/|\* ?)/, ''));
    lines.forEach((line, index) => {
      const title = /^@example\b\s*(.*)$/.exec(line)?.[1];
      if (title === undefined) return;
      const end = lines.findIndex((later, at) => at > index && (later.startsWith('@') || at === lines.length - 1));
      const code = lines.slice(index + 1, end).join('\n');
      blocks.push({ line: lineOf(text, comment.index) + index, title, language: 'ts', code, continues: false });
    });
  }
  return blocks;
}

function fencedBlocks(text: string): Block[] {
  const fences = text.matchAll(/^```(js|ts)\b([^\n]*)\n([\s\S]*?)^```$/gm);
  return [...fences].flatMap(fence => {
    const words = fence[2]!.trim().split(/\s+/);
    if (words.includes('no-run')) return [];
    const continues = words.includes('continues');
    return {
      line: lineOf(text, fence.index),
      title: '',
      language: fence[1] as 'js' | 'ts',
      code: fence[3]!,
      continues,
    };
  });
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
